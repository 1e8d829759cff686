import type { SharedReplica } from '../types.ts'

/** The model of a job that has none: no tables, no rows. A swarm of such peers exchanges no deltas. */
export const emptyReplica: SharedReplica = {
  tables: [],
  names: {
    size: 0,
    keys: () => new Uint32Array(0),
    text: () => '',
    find: () => -1,
    keyOf: () => new Uint32Array(2),
    admit() {
      throw new RangeError('job: it has no model, so there is no room for rows')
    }
  },
  spent: 0,
  hasMore: false,
  pack: async () => [],
  apply: async () => {},
  rowHashes: async () => [],
  readShared: async () => [],
  adopt: async () => {},
  sharedHash: async () => '0'.repeat(32)
}
