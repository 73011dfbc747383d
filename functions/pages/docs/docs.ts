import swaggerUiStyle from 'swagger-ui-dist/swagger-ui.css' with { type: 'text' }
import swaggerUi from 'swagger-ui-dist/swagger-ui-bundle.js' with { type: 'text' }
import { inLanguage } from '../../../lib/application/texts.ts'
import { readConfig } from '../../../lib/config.ts'
import { faceOf } from '../../../lib/http/face.ts'
import { legalLinks } from '../../../lib/http/legal-links.ts'
import { pageHandler } from '../../../lib/http/page.ts'
import style from './page.css' with { type: 'text' }
import page from './page.html' with { type: 'text' }
import script from './page.js' with { type: 'text' }

/** GET /docs and GET /docs/{file}: Swagger UI with the description of `GET /openapi.json`. */
export const handler = pageHandler({
  folder: 'docs',
  // The page is English for all readers.
  pages: () => ({ docs: page.replace('{{links}}', () => inLanguage('en', legalLinks)) }),
  files: {
    'swagger-ui.css': swaggerUiStyle,
    'swagger-ui-bundle.js': swaggerUi,
    'page.css': style,
    'page.js': script,
  },
  readContent: () => faceOf(readConfig(['DEMO', 'SERVICE_NAME'])),
})
