/** What the peers of the test of a slow link train. */
export const JOB = { model: 'word2vec' }
export const SLOW_MODEL = { dim: 64, capacity: 20_000, window: 3, minCount: 1, subsample: 0, shared: true }
