import { notStrictEqual, strictEqual, throws } from 'node:assert'
import { test } from 'node:test'
import { newSwarmKey, parseSwarmKey } from '../../src/net/node-swarm-key.ts'

test('a new key is a key file of the standard format, another one each time', () => {
  const text = newSwarmKey()
  strictEqual(/^\/key\/swarm\/psk\/1\.0\.0\/\n\/base16\/\n[0-9a-f]{64}\n$/.test(text), true)
  strictEqual(new TextDecoder().decode(parseSwarmKey(text)), text.trimEnd())
  notStrictEqual(newSwarmKey(), text)
})

test('keys with other line ends and capitals are the same key', () => {
  const text = newSwarmKey()
  const other = text.replaceAll('\n', '\r\n').replace(/[a-f0-9]{64}/, hex => hex.toUpperCase())
  strictEqual(String(parseSwarmKey(other)), String(parseSwarmKey(text)))
})

test('anything else is refused, and not shown', () => {
  const key = newSwarmKey()
  const wrong = [
    '',
    key.slice(0, -2),
    `${key}ff`,
    key.replace('1.0.0', '2.0.0'),
    key.replace('base16', 'base64'),
    key.replace(/[0-9a-f]\n$/, 'g\n')
  ]
  for (const text of wrong) {
    throws(
      () => parseSwarmKey(text),
      error =>
        error instanceof RangeError &&
        /^swarm key: three lines wanted/.test(error.message) &&
        !error.message.includes(text.split('\n')[2]?.slice(0, 8) || 'nothing of it')
    )
  }
})
