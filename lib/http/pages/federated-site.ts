import { say } from '../../application/texts.ts'
import { isProviderId } from '../../federation/provider.ts'
import type { Site } from '../page.ts'
import { inShell } from './shell.ts'
import { type SigninTexts, signinSite } from './signin-site.ts'

/** The files of {@link federatedSite}, as texts: in addition, the page that a provider leads to. */
export interface FederatedTexts extends SigninTexts {
  response: { html: string; script: string }
}

/** Returns the site of {@link signinSite} with sign-ins by other providers, and the page that they lead to. */
export function federatedSite({ response, ...texts }: FederatedTexts) {
  const { files, ...pages } = signinSite(texts)
  return {
    ...pages,
    files: { ...files, 'response.js': response.script },
    below: {
      isName: isProviderId,
      html: () =>
        inShell(texts.html.shell, {
          title: say('Sign in'),
          width: 'narrow',
          style: './plain.css',
          script: './response.js',
          link: '',
          body: response.html,
        }),
    },
  } satisfies Partial<Site>
}
