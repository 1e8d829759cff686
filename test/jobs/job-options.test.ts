import { deepStrictEqual, rejects, throws } from 'node:assert'
import { test } from 'node:test'
import { z } from '../../src/jobs/job.ts'
import { optionsOf, readOptions } from '../../src/jobs/job-options.ts'

const options = z.object({
  input: z.string().describe('a file'),
  minCount: z.number().int().min(1).default(5).describe('fewest'),
  rate: z.number().nullable().optional(),
  kind: z.enum(['plain', 'fancy']).default('plain'),
  level: z.union([z.literal(1), z.literal(2)]).optional(),
  follow: z.boolean(),
  tags: z.array(z.string().max(3)).default([]).describe('more'),
  when: z.coerce.date().optional()
})

test('each field of the schema is an option, with its kind, choices, default and description', () => {
  const plain = { list: false, description: '', required: false }
  deepStrictEqual(optionsOf({ options }), [
    { name: 'input', flag: 'input', kind: 'text', list: false, description: 'a file', required: true },
    {
      ...plain,
      name: 'minCount',
      flag: 'min-count',
      kind: 'whole',
      description: 'fewest',
      default: 5
    },
    { ...plain, name: 'rate', flag: 'rate', kind: 'number' },
    { ...plain, name: 'kind', flag: 'kind', kind: 'text', choices: ['plain', 'fancy'], default: 'plain' },
    { ...plain, name: 'level', flag: 'level', kind: 'text', choices: [1, 2] },
    { ...plain, name: 'follow', flag: 'follow', kind: 'boolean', default: false },
    { ...plain, name: 'tags', flag: 'tags', kind: 'text', list: true, description: 'more', default: [] },
    { ...plain, name: 'when', flag: 'when', kind: 'any' }
  ])
  deepStrictEqual(optionsOf({}), [])
})

test('what was given is read by the schema, with its defaults; flags that were not are off', async () => {
  deepStrictEqual(await readOptions({ options }, { input: 'a', when: '2001-02-03' }), {
    input: 'a',
    minCount: 5,
    kind: 'plain',
    follow: false,
    tags: [],
    when: new Date('2001-02-03')
  })
  deepStrictEqual(await readOptions({}, {}), {})
})

test('what is wrong is named as on the command line, with what was given', async () => {
  await rejects(readOptions({ options }, { input: 'a', minCount: 0, tags: ['abc', 'long'] }), {
    name: 'JobOptionError',
    message: /^--min-count: [^;]+>=1; got 0; --tags: [^;]+3 characters; got "long"$/
  })
  const both = options.refine(({ input }) => input !== 'b', 'b is not to be read')
  await rejects(readOptions({ options: both }, { input: 'b' }), { message: 'b is not to be read' })
})

test('a field that no command line can say is refused', () => {
  throws(() => optionsOf({ options: z.object({ where: z.object({}) }) }), /where must be a text.*got object/)
  throws(
    () => optionsOf({ options: z.object({ both: z.union([z.string(), z.number()]) }) }),
    /string or number/
  )
  throws(() => optionsOf({ options: z.object({ noSpam: z.boolean() }) }), /not begin with no/)
  throws(() => optionsOf({ options: z.object({ 'a b': z.string() }) }), /called by words/)
})
