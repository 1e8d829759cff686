import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import type { Change } from './drift-score.ts'
import { root } from './machine.ts'
import type { Attribute } from './naive-bayes.ts'

const FOLDER = join(root, '../shared/data/drift')

/** A stream of labelled examples. */
export interface LabelledStream {
  readonly name: string
  readonly attributes: readonly Attribute[]
  readonly classes: number
  readonly examples: readonly Float64Array[] // [rows][attributes]
  readonly labels: Uint8Array // [rows]
  /** Where what is to be learned changes; none where that is not known. */
  readonly changes: readonly Change[]
}

interface File {
  readonly name: string
  readonly file: string
  readonly attributes: readonly Attribute[]
  readonly changes: readonly Change[]
}

const number = 'number'
const three = { categories: 3 }
const two = { categories: 2 }

/** Three changes, between four concepts of 10,000 rows; a gradual one takes so many rows more. */
function changes(takes = 0): Change[] {
  const at = [1, 2, 3, 4].map(i => i * 10_000 + (i - 1) * takes + 1)
  return at.slice(0, 3).map((from, i) => ({ at: from, end: at[i + 1] ?? from, takes }))
}

const files: readonly File[] = [
  {
    name: 'SEA',
    file: 'sea_0123_abrupto_noise_0.2',
    attributes: [number, number, number],
    changes: changes()
  },
  {
    name: 'SEA gradual',
    file: 'sea_0123_gradual_noise_0.2',
    attributes: [number, number, number],
    changes: changes(333)
  },
  { name: 'sine', file: 'sine_0123_abrupto', attributes: [number, number], changes: changes() },
  { name: 'STAGGER', file: 'stagger_0120_abrupto', attributes: [three, three, three], changes: changes() },
  { name: 'mixed', file: 'mixed_0101_abrupto', attributes: [two, two, number, number], changes: changes() },
  {
    name: 'electricity',
    file: 'electricity',
    // The day of the week is a category; dates, hours, prices and demands are numbers.
    attributes: [number, { categories: 8 }, number, number, number, number, number, number],
    changes: []
  }
]

/** The streams that this machine has. */
export function driftData(): LabelledStream[] {
  return files.filter(({ file }) => existsSync(pathOf(file))).map(read)
}

function pathOf(file: string): string {
  return join(FOLDER, `${file}.csv.gz`)
}

function read({ name, file, attributes, changes }: File): LabelledStream {
  const [, ...lines] = gunzipSync(readFileSync(pathOf(file)))
    .toString('utf8')
    .trimEnd()
    .split('\n')
  const names: string[] = []
  const labels = new Uint8Array(lines.length)
  const examples = lines.map((line, row) => {
    const cells = line.split(',')
    const label = cells.at(-1) ?? ''
    if (!names.includes(label)) names.push(label)
    labels[row] = names.indexOf(label)
    return Float64Array.from(cells.slice(0, attributes.length), Number)
  })
  return { name, attributes, classes: names.length, examples, labels, changes }
}
