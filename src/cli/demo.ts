import { Command, Option } from 'commander'
import type { PairOptions } from './demo-pair.ts'
import { demoSentiment } from './demo-sentiment.ts'
import { EXIT } from './exit.ts'
import { DEMO_MODEL, deviceOption, jsonOption, threadsOption, whole } from './options.ts'

interface DemoOptions extends PairOptions {
  readonly json: boolean
  /** The swarm in which this process is one of the two peers; absent in the one that starts them. */
  readonly peerOf?: string
  readonly bootstrap?: string
}

/**
 * `tensair demo`: two peers learn from the text that comes with the project, and show what they have learned; `demo sentiment` is another.
 * `args` is the whole command line: where it says `demo sentiment`, the options are all that one's.
 */
export function demo(args: readonly string[] = process.argv.slice(2)): Command {
  const command = new Command('demo')
    .summary(
      'two peers learn together from text that comes with the project, and show what they have learned'
    )
    .description(
      'Two processes find each other and learn word vectors together from four million words that come with the project, three times through: the State of ' +
        'the Union addresses from 1790 to 2021 in order, the Brown corpus, and the glosses of WordNet. Needs a clone of the project.'
    )
    .helpCommand(false)
    .addCommand(demoSentiment())
  if (args[0] === 'demo' && args[1] === 'sentiment') return command
  return command
    .option('--output <folder>', 'where the models are saved; those that are there are replaced', DEMO_MODEL)
    .addOption(deviceOption())
    .addOption(threadsOption())
    .addOption(jsonOption())
    .addOption(new Option('--peer-of <swarm>').hideHelp())
    .addOption(new Option('--bootstrap <address>').hideHelp())
    .addOption(new Option('--words <count>').argParser(whole(1)).hideHelp())
    .action(runDemo)
}

async function runDemo(options: DemoOptions): Promise<void> {
  const { peerOf: swarm, output, json } = options
  if (swarm !== undefined) {
    const { runDemoPeer } = await import('./demo-peer.ts')
    return await runDemoPeer({ ...options, swarm })
  }
  const { openDisplay } = await import('./demo-display.ts')
  const { interruptible } = await import('./interrupt.ts')
  const { runPair } = await import('./demo-pair.ts')
  const display = await openDisplay(json)
  const stopping = () => display.say('both are stopping and saving; Ctrl-C again ends at once')
  const pair = await interruptible(signal => runPair(options, display, signal), stopping).finally(() =>
    display.close()
  )
  const both = pair.ends.length === 2
  if (!both || pair.ends.some(end => end.event === 'interrupted')) process.exitCode = EXIT.interrupted
  if (!both) console.error('interrupted before both peers had begun')
  else if (!json) {
    const { summary } = await import('./demo-summary.ts')
    console.log(await summary(pair, output))
  }
  if (process.exitCode === undefined && new Set(pair.ends.map(end => end.sharedHash)).size > 1) {
    throw new Error('demo: the two peers ended with different models')
  }
}
