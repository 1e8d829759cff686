import { randomBytes } from 'node:crypto'

const FIRST_LINES = '/key/swarm/psk/1.0.0/\n/base16/\n'

/** A new pre-shared key, 32 random bytes, as the text of a key file. */
export function newSwarmKey(): string {
  return `${FIRST_LINES}${randomBytes(32).toString('hex')}\n`
}

/**
 * The key in the text of a key file, as libp2p wants it.
 *
 * @throws RangeError where the text is anything but /key/swarm/psk/1.0.0/, /base16/ and 64 hexadecimal digits, each on its line.
 */
export function parseSwarmKey(text: string): Uint8Array {
  const key = /^\/key\/swarm\/psk\/1\.0\.0\/\r?\n\/base16\/\r?\n([0-9a-f]{64})\s*$/i.exec(text)?.[1]
  if (key === undefined) {
    // The text is not shown: most of a secret is a secret too.
    throw new RangeError(
      'swarm key: three lines wanted, /key/swarm/psk/1.0.0/, /base16/ and 64 hexadecimal digits; ' +
        `got ${text.length} characters of something else; make a key with "tensair keygen"`
    )
  }
  return new TextEncoder().encode(FIRST_LINES + key.toLowerCase())
}
