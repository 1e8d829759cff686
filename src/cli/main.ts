import { Command, CommanderError } from 'commander'
import { analogy } from './analogy.ts'
import { demo } from './demo.ts'
import { doctor } from './doctor.ts'
import { evaluate } from './eval.ts'
import { EXIT, UsageError } from './exit.ts'
import { exportModel } from './export.ts'
import { keygen } from './keygen.ts'
import { nearest } from './nearest.ts'
import { peers } from './peers.ts'
import { serve } from './serve.ts'
import { start } from './start.ts'
import { describeWithPlace } from './user-error.ts'

/** Carries out one command line and sets the process's exit code: 0 done, 1 failed, 2 wrong use, 130 interrupted after saving. */
export async function main(args: readonly string[], version: string): Promise<void> {
  // A reader that has seen enough (`| head`) is no failure.
  process.stdout.on('error', error => {
    if ('code' in error && error.code === 'EPIPE') process.exit(EXIT.done)
    throw error
  })
  // What no one awaited fails in one line too.
  process.on('uncaughtException', error => {
    process.stderr.write(`tensair: ${describeWithPlace(error)}\n`)
    process.exit(EXIT.failed)
  })
  const program = new Command('tensair')
    .description('Trains neural networks on data streams, in real time, on whatever the machine has.')
    .version(version)
    .helpCommand(false)
    .addHelpText('after', '\nExit codes: 0 done, 1 failed, 2 wrong use, 130 interrupted after saving.')
  // What a command needs beyond its options it imports when it runs: --help and a wrong option should not wait for devices.
  const asking = [nearest(), analogy(), evaluate(), exportModel()]
  try {
    const starting = await start(args)
    for (const command of [demo(args), starting, serve(), peers(), keygen(), ...asking, doctor()])
      program.addCommand(command)
    quiet(program)
    await program.parseAsync(args, { from: 'user' })
  } catch (error) {
    process.exitCode = exitCodeOf(error)
    if (!(error instanceof CommanderError)) process.stderr.write(`tensair: ${describeWithPlace(error)}\n`)
  }
}

/** Makes commander throw where it would exit, and say what is wrong in one line. */
function quiet(command: Command): void {
  command.exitOverride().configureOutput({
    outputError: (text, write) =>
      write(
        `tensair: ${text
          .replace(/^error: /, '')
          .trim()
          .replace(/\s*\n\s*/g, ' ')} (--help tells more)\n`
      )
  })
  for (const child of command.commands) quiet(child)
}

function exitCodeOf(error: unknown): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.done : EXIT.wrongUse
  return error instanceof UsageError ? EXIT.wrongUse : EXIT.failed
}
