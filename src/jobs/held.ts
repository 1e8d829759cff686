import type { Held, Store } from '../types.ts'

// Beside a checkpoint, and known to be of it by the hash of its shared values.
const FILE = 'swarm.json'

/** Notes what the model holds that has just been saved in the store, with shared values of this hash. */
export async function noteHeld(store: Store, sharedHash: string, held: Held): Promise<void> {
  const json = `${JSON.stringify({ sharedHash, ...held }, null, 2)}\n`
  await store.write(FILE, [new TextEncoder().encode(json)])
}

/**
 * What the model in the store holds, whose shared values have this hash. Where that was not noted, it is as if they were one
 * pack, of a name that others with the same values give it too.
 */
export async function heldOf(store: Store, sharedHash: string): Promise<Held> {
  const noted = await read(store)
  const start = noted?.start ?? 0
  if (noted?.sharedHash === sharedHash) return { start, vector: noted.vector }
  return { start, vector: { [`${sharedHash}/0`]: 1 } }
}

async function read(store: Store): Promise<(Held & { readonly sharedHash: string }) | undefined> {
  const size = await store.size(FILE)
  if (size === undefined) return undefined
  try {
    return JSON.parse(new TextDecoder().decode(await store.read(FILE, 0, size)))
  } catch {
    return undefined
  }
}
