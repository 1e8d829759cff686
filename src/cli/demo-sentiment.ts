import { setImmediate } from 'node:timers/promises'
import { Command } from 'commander'
import type { MailStep } from './demo-sentiment-run.ts'
import { EXIT } from './exit.ts'
import { jsonOption, whole } from './options.ts'

/** Where the picture is put unless told otherwise. */
const FOLDER = '.tensair/demo-sentiment'
const PICTURE = 'accuracy.svg'
/** It is over in a minute then. */
const MAILS_PER_SECOND = 100

interface DemoSentimentOptions {
  readonly output: string
  readonly fast: boolean
  readonly seed: number
  readonly json: boolean
}

/** `tensair demo sentiment`: a model that notices that its stream has changed and learns anew, beside one that does not. */
export function demoSentiment(): Command {
  return new Command('sentiment')
    .summary('a model notices that its stream has changed, and learns anew; beside one that does not')
    .description(
      'Tells ham from spam in 6,000 mails of 2001 and 2002, in the order of their dates, with two models: one learns anew when it ' +
        'notices a drift, the other does not. One drift is in the mail itself; two are induced, by swapping labels. Takes a minute on a ' +
        'terminal, where it is drawn as it goes, and seconds elsewhere. Needs a clone of the project.'
    )
    .option(
      '--output <folder>',
      `where the picture of it is put, as ${PICTURE}, in place of an older one`,
      FOLDER
    )
    .option('--fast', 'as fast as it goes, on a terminal too', false)
    .option(
      '--seed <number>',
      'of the first embeddings; equal seeds give equal figures',
      whole(0, 2 ** 32 - 1),
      1
    )
    .addOption(jsonOption())
    .action(runDemoSentiment)
}

async function runDemoSentiment({ output, fast, seed, json }: DemoSentimentOptions): Promise<void> {
  const { lockOutput } = await import('./output-lock.ts')
  await lockOutput('demo sentiment', '--output', output)
  const { readMail } = await import('./demo-mail.ts')
  const { driftsIn } = await import('./demo-sentiment-drifts.ts')
  const { isWatched, openMailDisplay } = await import('./demo-sentiment-display.ts')
  const { MailRecord } = await import('./demo-sentiment-record.ts')
  const { runMail } = await import('./demo-sentiment-run.ts')
  const { interruptible } = await import('./interrupt.ts')
  const { replay } = await import('../dataflow/replay.ts')

  const { mails, undated } = await readMail()
  const drifts = driftsIn(mails)
  const record = new MailRecord()
  const isPaced = !json && !fast && isWatched()
  const display = await openMailDisplay(json, { mails: mails.length, undated, drifts })
  try {
    const ended = await interruptible(
      async signal => {
        const steps = runMail(mails, seed)
        for await (const step of isPaced ? replay({ time: timeOf, signal })(steps) : steps) {
          display.show(record, record.add(step))
          // Signals are heard in between.
          await setImmediate()
          if (signal.aborted) return 'interrupted'
        }
        return signal.aborted ? 'interrupted' : 'done'
      },
      () => display.say('stopping; Ctrl-C again ends at once')
    )
    if (ended === 'interrupted') process.exitCode = EXIT.interrupted
    const { plotOf } = await import('./demo-sentiment-plot.ts')
    const { linePlotSvg } = await import('./line-plot-svg.ts')
    const { fileStore } = await import('../sinks/file-store.ts')
    const picture = linePlotSvg(plotOf(record, drifts, mails))
    await fileStore(output).write(PICTURE, [new TextEncoder().encode(picture)])
    display.end(ended, record, `${output}/${PICTURE}`)
  } finally {
    display.close()
  }
}

/** When a step is to be seen: ms from the first on. */
function timeOf({ first }: MailStep): number {
  return (first * 1000) / MAILS_PER_SECOND
}
