// What the demonstration reads of a mail: when it was written, and its words.

/** The first words of a mail are enough to tell what it is. */
const WORDS = 100

const DATE =
  /(\d{1,2}) (Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)[a-z]* (\d{2,4}) (\d{1,2}:\d{1,2}(?::\d{1,2})?)(?: ([-+]\d{4}))?/i

/**
 * Signatures, and what mail lists and their hosts put below a mail. Nearly all lists of this mail are of people who write no spam: a
 * model would learn their names.
 */
const FOOT =
  /^(?:-- ?|_{10,}|-+ ?Yahoo! Groups Sponsor.*|This sf\.net email is sponsored by.*|To unsubscribe.*)\r?$[\s\S]*/im

/** What is no text, in the order in which it is taken out. */
const NO_TEXT: readonly (readonly [pattern: RegExp, instead: string])[] = [
  [FOOT, ''],
  // Line ends and signs as quoted-printable writes them.
  [/=\r?\n/g, ''],
  [/=3D/g, '='],
  [/=20/g, ' '],
  [/<(style|script)\b[\s\S]*?<\/\1>|<[^>]*>|&#?\w+;/gi, ' '],
  // The lines around the parts of a mail, what a feed that comes as mail puts above its text, and parts in base64.
  [/^(?:--\S.*|Content-.*|(?:URL|Date): .*|[ \t]+(?:charset|name|boundary)=.*|\S{50,}\r?)$/gim, ' '],
  // Whoever collected this mail wrote other names into its addresses.
  [/\S+@\S+/g, ' @somebody ']
]

/** A mail as it was received; its headers end at the first empty line. */
export function splitMail(mail: string): { readonly headers: string; readonly body: string } {
  const end = /\r?\n\r?\n/.exec(mail)
  if (end === null) return { headers: mail, body: '' }
  return { headers: mail.slice(0, end.index), body: mail.slice(end.index + end[0].length) }
}

/**
 * When a mail was written, by its Date header, in ms since 1970; NaN where it has none that can be read. A year may have two digits, or be
 * counted from 1900 (`102`), and what is no zone counts as UTC.
 */
export function dateOf(headers: string): number {
  const text = headerOf(headers, 'Date')
  const [, day = '', month = '', year = '', time = '', zone = '+0000'] = DATE.exec(text) ?? []
  if (day === '') return Date.parse(text)
  return Date.parse(`${day} ${month} ${fullYear(Number(year))} ${time} ${zone}`)
}

/**
 * The first 100 words of a mail: of its subject, without a mail list's name in brackets, and of its text. No other header is read:
 * some tell what a filter has made of the mail, others which list it is from.
 */
export function wordsOf(headers: string, body: string): string {
  const subject = headerOf(headers, 'Subject')
    .replace(/\[[^\]]*\]/g, ' ')
    .replace(/=\?[^?]*\?[bq]\?([^?]*)\?=/gi, '$1')
  const text = NO_TEXT.reduce((text, [pattern, instead]) => text.replace(pattern, instead), body)
  return `${subject} ${text}`.trim().split(/\s+/).slice(0, WORDS).join(' ')
}

/** A header's value in one line; empty where there is none. */
function headerOf(headers: string, name: string): string {
  const [, value = ''] = new RegExp(`^${name}:(.*(?:\\n[ \\t].*)*)`, 'im').exec(headers) ?? []
  return value.replace(/\s+/g, ' ').trim()
}

function fullYear(year: number): number {
  if (year >= 1000) return year
  if (year >= 100) return 1900 + year
  return year < 50 ? 2000 + year : 1900 + year
}
