// What this peer's operators hold by key, and the partitions they may hold something of.

import type { KeyedState } from '../types.ts'
import { PARTITIONS, partitionOf } from './partitions.ts'

/** Where operators that hold something by key register it, so that it moves with the keys. */
export interface Moves {
  /** The keys must be those that items are routed by. All peers register the same states in the same order. */
  keep(state: KeyedState): void
}

export class Holdings implements Moves {
  readonly #states: KeyedState[] = []
  /** Partitions of which an item was handed out here, or state put in, since the last was taken out. */
  readonly #touched = new Uint8Array(PARTITIONS)

  keep(state: KeyedState): void {
    this.#states.push(state)
  }

  /** Whether any operator has registered what it holds. */
  get kept(): boolean {
    return this.#states.length > 0
  }

  touched(partition: number): boolean {
    return this.#touched[partition] === 1
  }

  touch(partitions: ArrayLike<number>): void {
    for (let i = 0; i < partitions.length; i++) this.#touched[partitions[i] as number] = 1
  }

  /** The touched partitions for which `holds`. */
  partitions(holds: (partition: number) => boolean): number[] {
    const found: number[] = []
    this.#touched.forEach((touched, partition) => {
      if (touched === 1 && holds(partition)) found.push(partition)
    })
    return found
  }

  /** Takes out all that is held of partitions: an array of entries for each state. */
  take(partitions: ReadonlySet<number>): unknown[] {
    for (const partition of partitions) this.#touched[partition] = 0
    return this.#states.map(state => state.take(key => partitions.has(partitionOf(key))))
  }

  put(entries: readonly unknown[], partitions: ArrayLike<number>): void {
    this.touch(partitions)
    this.#states.forEach((state, i) => {
      const own = entries[i]
      if (Array.isArray(own) && own.length > 0) state.put(own)
    })
  }

  /** Forgets who holds what; the operators keep what they have. */
  forget(): void {
    this.#touched.fill(0)
  }
}
