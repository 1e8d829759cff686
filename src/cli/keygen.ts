import { writeFile } from 'node:fs/promises'
import { Command } from 'commander'
import { describe, UsageError } from './exit.ts'

/** `tensair keygen`: writes a new pre-shared key, which closes a swarm to all who do not have it. */
export function keygen(): Command {
  return new Command('keygen')
    .summary('makes a key that closes a swarm to others')
    .description(
      'Writes a new pre-shared key. Copy it to every machine of the swarm and start the peers with --swarm-key: those ' +
        'without it cannot connect. A file that is there is not replaced.'
    )
    .option('--output <file>', 'where the key is written, for your eyes only', 'swarm.key')
    .action(async ({ output }: { output: string }) => {
      const { newSwarmKey } = await import('../net/node-swarm-key.ts')
      await write(output, newSwarmKey())
      console.error(`a new key in ${output}; start each peer with --swarm-key ${output}`)
    })
}

async function write(file: string, key: string): Promise<void> {
  try {
    await writeFile(file, key, { flag: 'wx', mode: 0o600 })
  } catch (cause) {
    if (cause instanceof Error && 'code' in cause && cause.code === 'EEXIST') {
      throw new UsageError(`keygen: there is a file ${file}; move it away or give another --output`, {
        cause
      })
    }
    throw new UsageError(`keygen: ${file} cannot be written (${describe(cause)}); give another --output`, {
      cause
    })
  }
}
