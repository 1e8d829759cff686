// Which member owns which partition, as far as this peer knows.

import type { ItemPeer } from './item-peer.ts'
import { hashText } from './line-hash.ts'
import { ownersOf, PARTITIONS } from './partitions.ts'

export class Ownership<Item> {
  readonly #own: ItemPeer<Item>
  #owners: readonly ItemPeer<Item>[]
  #members = ''
  /** Members that others know and this peer does not, and until when it waits for them. */
  readonly #expected = new Map<string, number>()

  constructor(own: ItemPeer<Item>) {
    this.#own = own
    this.#owners = new Array<ItemPeer<Item>>(PARTITIONS).fill(own)
  }

  owner(partition: number): ItemPeer<Item> {
    return this.#owners[partition] as ItemPeer<Item>
  }

  owns(partition: number): boolean {
    return this.#owners[partition] === this.#own
  }

  /** Whether members are waited for that this peer does not know. */
  get expects(): boolean {
    return this.#expected.size > 0
  }

  /**
   * Divides the partitions among the members that stay; where nobody does, each peer keeps its own. Gives the owners before, where the
   * members are others now.
   */
  divide(peers: Iterable<ItemPeer<Item>>, leaving: boolean): readonly ItemPeer<Item>[] | undefined {
    const staying = Array.from(peers).filter(peer => !(peer === this.#own ? leaving : peer.leaving))
    if (staying.length === 0) staying.push(this.#own)
    staying.sort((a, b) => (a.name < b.name ? -1 : 1))
    const members = staying.map(({ name, session }) => `${name} ${session}`).join('\n')
    if (members === this.#members) return undefined
    this.#members = members
    const before = this.#owners
    const places = ownersOf(Uint32Array.from(staying, peer => hashText(peer.name)))
    this.#owners = Array.from(places, place => staying[place] as ItemPeer<Item>)
    return before
  }

  /** Notes whom the members have named that are none here, to be waited for until then; whether there is a new one. */
  expect(peers: ReadonlyMap<string, ItemPeer<Item>>, until: number): boolean {
    const before = this.#expected.size
    for (const peer of peers.values()) {
      for (const name of peer.members) if (!this.#expected.has(name)) this.#expected.set(name, until)
      peer.members = []
    }
    const added = this.#expected.size > before
    for (const name of peers.keys()) this.#expected.delete(name)
    return added
  }

  /** Waits no longer for those whose time is over; gives when it is for the next, where there is one. */
  giveUp(now: number): number | undefined {
    for (const [name, until] of this.#expected) if (until <= now) this.#expected.delete(name)
    return this.#expected.size > 0 ? Math.min(...this.#expected.values()) : undefined
  }
}
