import { deepStrictEqual, ok, strictEqual } from 'node:assert'
import { join } from 'node:path'
import { after, test, type TestContext } from 'node:test'
import { Pauses } from './pauses.ts'
import { Feeding } from './swarm-feeding.ts'
import { found, type PeerProcess, startPeer, together } from './swarm-processes.ts'
import { folder } from './tensair.ts'

const place = folder({ after })

/** Four peers that train together; the first is the root. */
async function four(t: TestContext, name: string): Promise<PeerProcess[]> {
  const first = startPeer(t, { output: join(place, `${name}-0`) })
  const bootstrap = await first.addresses()
  const others = [1, 2, 3].map(i => startPeer(t, { output: join(place, `${name}-${i}`), bootstrap }))
  const peers = [first, ...others]
  await together(peers)
  return peers
}

test('when the root is killed in the middle of training, the others go on without it and agree', async t => {
  const peers = await four(t, 'killed')
  const [root, ...others] = peers
  strictEqual((await root.status()).root, true)
  const feeding = new Feeding(peers)
  const pauses = new Pauses()
  pauses.watch(...others)
  await found('the root gives and takes', async () => {
    const { packs, framesApplied } = await root.status()
    return packs > 3 && framesApplied > 3 ? true : undefined
  })
  root.kill('SIGKILL')
  feeding.leave(root)
  await together(others)
  pauses.end()
  feeding.end()
  const ends = await Promise.all(others.map(peer => peer.ended()))
  for (const peer of others) console.log(pauses.longest.get(peer), peer.told.filter(e=>e.event==='progress').map(e=>e.words+':'+e.loss?.toFixed(2)).join(' '), peer.warnings)
  console.log(ends)
})
