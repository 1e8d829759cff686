import { throws } from 'node:assert'
import { test } from 'node:test'
import { findPeers } from '../../bench/programs.ts'

test('a peer that nobody knows is refused with the names of those that are known', () => {
  throws(() => findPeers(['gensim', 'glove']), /some of gensim, fasttext; got glove/)
})
