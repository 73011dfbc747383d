import { SHOWN_COLOURS } from '../../application/colours.ts'

const { page, card, ink, soft, line, accent, onAccent } = SHOWN_COLOURS

/** Colours of mails in the light and in the dark scheme. */
export const MAIL_COLOURS = { page, card, ink, soft, line, accent, onAccent }

/** The scheme that the recipient's program prefers: 0 is light, 1 is dark. */
type Scheme = 0 | 1

/** Colours of each class. */
const colouredIn = (scheme: Scheme) => ({
  page: { background: page[scheme] },
  card: { background: card[scheme], color: ink[scheme], 'border-color': line[scheme] },
  soft: { color: soft[scheme] },
  link: { color: accent[scheme] },
  button: { background: accent[scheme], color: onAccent[scheme] },
})

type ClassName = keyof ReturnType<typeof colouredIn>

const declarationsOf = (values: object, end: string): string =>
  Object.entries(values)
    .map(([name, value]) => `${name}:${value}${end}`)
    .join(';')

/**
 * A mail has no other file, so it contains its style. Attributes have the light scheme, for programs without
 * media queries.
 */
const DARK = Object.entries(colouredIn(1))
  .map(([name, values]) => `.${name}{${declarationsOf(values, '!important')}}`)
  .join('')

const FONT = "16px/1.5 system-ui,-apple-system,'Segoe UI',Roboto,Helvetica,Arial,sans-serif"

const SHAPES: Record<ClassName, string> = {
  page: 'margin:0;padding:24px 12px',
  card: `box-sizing:border-box;max-width:544px;margin:0 auto;padding:24px;border:1px solid;border-radius:12px;font:${FONT};word-break:break-word`,
  soft: 'margin:0 0 16px;font-size:14px',
  link: '',
  button:
    'display:inline-block;padding:10px 20px;border-radius:8px;font-weight:600;text-align:center;text-decoration:none',
}

/** Returns the attributes of an element of a class, in double quotes. */
export const look = (name: ClassName): string =>
  `class="${name}" style="${[SHAPES[name], declarationsOf(colouredIn(0)[name], '')].filter(Boolean).join(';')}"`

/** HTML of the style in the head of a mail. */
export const MAIL_STYLE = `<meta name="viewport" content="width=device-width, initial-scale=1"><meta name="color-scheme" content="light dark"><meta name="supported-color-schemes" content="light dark"><style>:root{color-scheme:light dark}@media(prefers-color-scheme:dark){${DARK}}</style>`
