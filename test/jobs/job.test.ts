import { deepStrictEqual, strictEqual, throws } from 'node:assert'
import { test } from 'node:test'
import { checkJob, defineJob, type Job, z } from '../../src/jobs/job.ts'

test('a job is what was defined, and its flow knows the types of its options', () => {
  const options = z.object({ count: z.number().default(3), name: z.string().optional() })
  const job = defineJob({
    name: 'typed',
    options,
    async *flow({ options, model, swarm }) {
      const nothing: undefined = model
      yield options.count.toFixed(1)
      yield options.name?.toUpperCase() ?? nothing ?? swarm
    }
  })
  const erased: Job = job
  checkJob(erased)
  strictEqual(erased.options, options)
  deepStrictEqual(Object.keys(erased), ['name', 'options', 'flow'])
})

const flow = async () => {}
const wrong: readonly (readonly [what: string, value: unknown, message: RegExp])[] = [
  ['nothing', undefined, /wanted a job; got nothing/],
  ['a function', flow, /wanted a job; got a function/],
  ['no name', { flow }, /name must be 1 to 64 letters.*got nothing/],
  ['a name with a space', { name: 'a b', flow }, /got "a b"/],
  ['a name that is a path', { name: '../a', flow }, /got "\.\.\/a"/],
  ['no flow', { name: 'a' }, /a: flow must be a function; got nothing/],
  ['a model that is none', { name: 'a', flow, model: 3 }, /a: model must be a function; got a number/],
  [
    'an output that no option names',
    { name: 'a', flow, options: z.object({ folder: z.string() }), output: 'output' },
    /a: output must be the name of one of its options; got "output"/
  ],
  [
    'options without a schema',
    { name: 'a', flow, options: { b: 1 } },
    /options must be z\.object.*got another object/
  ]
]
for (const [what, value, message] of wrong) {
  test(`${what} is no job, and the reason is told`, () => {
    throws(() => checkJob(value), { name: 'TypeError', message })
  })
}
