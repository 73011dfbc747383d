import { fileURLToPath } from 'node:url'
import type { Plugin } from 'esbuild'

const path = (file: string) => fileURLToPath(new URL(file, import.meta.url))

/** Returns a module whose functions throw. A response that needs one of them is refused. */
const emptied = (...names: string[]) =>
  names.map((name) => `export const ${name} = () => { throw new Error('${name} is left out') }`).join('\n')

/**
 * Modules of `@simplewebauthn/server` that bundles have another version of, by their paths in its folder `esm`.
 *
 * The service asks for no attestation, so only the formats `none` and `packed` with the passkey's own key can occur
 * (WebAuthn level 3, section 5.1.3). The others need certificates, and these a parser of ASN.1, which is most of the library.
 * node:crypto verifies the signatures.
 */
const MODULES: Record<string, string> = {
  'index.js': `export { verifyRegistrationResponse } from './registration/verifyRegistrationResponse.js'
export { verifyAuthenticationResponse } from './authentication/verifyAuthenticationResponse.js'`,
  'helpers/index.js': `export { decodeCredentialPublicKey } from './decodeCredentialPublicKey.js'`,
  'helpers/iso/isoCrypto/verify.js': `export { verify } from ${JSON.stringify(path('../lib/factors/cose-key.ts'))}`,
  'services/settingsService.js':
    'export const SettingsService = { getRootCertificates: () => [], runtimeSupportsPQC: () => false }',
  'services/metadataService.js': emptied('MetadataService'),
  'metadata/verifyAttestationWithMetadata.js': emptied('verifyAttestationWithMetadata'),
  'helpers/convertX509PublicKeyToCOSE.js': emptied('convertX509PublicKeyToCOSE'),
  'helpers/getCertificateInfo.js': emptied('getCertificateInfo'),
  'helpers/validateCertificatePath.js': emptied('validateCertificatePath'),
  'helpers/validateExtFIDOGenCEAAGUID.js': emptied('validateExtFIDOGenCEAAGUID'),
  'registration/verifications/verifyAttestationFIDOU2F.js': emptied('verifyAttestationFIDOU2F'),
  'registration/verifications/verifyAttestationAndroidSafetyNet.js': emptied(
    'verifyAttestationAndroidSafetyNet',
  ),
  'registration/verifications/verifyAttestationAndroidKey.js': emptied('verifyAttestationAndroidKey'),
  'registration/verifications/verifyAttestationApple.js': emptied('verifyAttestationApple'),
  'registration/verifications/tpm/verifyAttestationTPM.js': emptied('verifyAttestationTPM'),
}

/**
 * Plugin of esbuild: cuts out of `@simplewebauthn/server` what the service does not use. The tests compare its verdicts with
 * those of the whole library.
 */
const cutWebAuthn: Plugin = {
  name: 'cut-webauthn',
  setup(build) {
    build.onLoad({ filter: /[\\/]@simplewebauthn[\\/]server[\\/]esm[\\/].*\.js$/ }, ({ path }) => {
      const [, file = ''] = path.replaceAll('\\', '/').split('/@simplewebauthn/server/esm/')
      return MODULES[file] === undefined ? undefined : { contents: MODULES[file], loader: 'js' }
    })
  },
}

export default [cutWebAuthn]
