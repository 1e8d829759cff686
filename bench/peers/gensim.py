"""Trains gensim's Word2Vec on a corpus file; prints one JSON object: times, versions, and the BLAS that was loaded.

Usage: python3 -I gensim.py CORPUS OUTPUT DIM WINDOW NEGATIVES SAMPLE MIN_COUNT THREADS SEED (-I, or this file is taken for gensim)
Writes OUTPUT.words (word, space, count; most frequent first) and OUTPUT.f32 (vectors, row by row).
"""

import json
import sys
from time import perf_counter

import gensim
from gensim.models import Word2Vec
from gensim.models.word2vec_inner import FAST_VERSION

corpus, output = sys.argv[1:3]
dim, window, negatives = map(int, sys.argv[3:6])
sample = float(sys.argv[6])
min_count, threads, seed = map(int, sys.argv[7:10])

model = Word2Vec(
    sg=1, hs=0, vector_size=dim, window=window, negative=negatives, sample=sample,
    min_count=min_count, workers=threads, seed=seed, epochs=1,
)
start = perf_counter()
model.build_vocab(corpus_file=corpus)
built = perf_counter()
model.train(
    corpus_file=corpus, total_examples=model.corpus_count, total_words=model.corpus_total_words, epochs=1,
)
trained = perf_counter()

vectors = model.wv.vectors.astype('<f4')
vectors.tofile(output + '.f32')
with open(output + '.words', 'w', encoding='utf-8') as words:
    for word in model.wv.index_to_key:
        words.write(f"{word} {model.wv.get_vecattr(word, 'count')}\n")

with open('/proc/self/maps', encoding='utf-8') as maps:
    names = {line.split('/')[-1].strip() for line in maps}
blas = sorted(name for name in names if 'openblas' in name or name.startswith('libblas'))
print(json.dumps({
    'version': gensim.__version__,
    'fast_version': FAST_VERSION,
    'blas': ' '.join(blas),
    'words': model.corpus_total_words,
    'vocabulary': len(model.wv),
    'build_seconds': built - start,
    'train_seconds': trained - built,
}))
