// What a program that uses tensair imports. Everything here also runs in a browser; a folder as a store for checkpoints,
// which does not, is `fileStore` of `tensair/file-store`.

export { pipe } from 'it-pipe'
export {
  type Device,
  type DeviceChoice,
  type DeviceKind,
  DeviceLostError,
  type OpenedDevice,
  openDevice
} from '../kernels/index.ts'
export { type AggregateOptions, aggregate, type WindowSpan } from './dataflow/aggregate.ts'
export { type BatchOptions, batch } from './dataflow/batch.ts'
export type { Clock } from './dataflow/clock.ts'
export type { ConcurrencyOptions } from './dataflow/concurrent.ts'
export { type DistinctOptions, distinct } from './dataflow/distinct.ts'
export type { FailureOptions, FallibleOperator, OnError } from './dataflow/failures.ts'
export { filter } from './dataflow/filter.ts'
export { flatMap } from './dataflow/flat-map.ts'
export { type Joined, type JoinOptions, join } from './dataflow/join.ts'
export { type MapOptions, map } from './dataflow/map.ts'
export { merge } from './dataflow/merge.ts'
export {
  type Reduced,
  type ReduceOptions,
  type ReduceWindowsOptions,
  type Running,
  reduce
} from './dataflow/reduce.ts'
export { type SplitOptions, split } from './dataflow/split.ts'
export { type JoinTableOptions, joinTable, type TableJoined } from './dataflow/table-join.ts'
export { tap } from './dataflow/tap.ts'
export { type ThrottleOptions, throttle } from './dataflow/throttle.ts'
export { type TokenizeOptions, type Tokenizer, tokenize } from './dataflow/tokenize.ts'
export { type Training, type TrainOptions, train } from './dataflow/train.ts'
export { type Window, type Windowed, type Windowing, type WindowOptions, window } from './dataflow/window.ts'
export { count, session, sliding, tumbling, type Windows } from './dataflow/windows.ts'
export type { JobEvent } from './jobs/events.ts'
export type { Text } from './jobs/text.ts'
export { NoWordsError, runWord2Vec, type Word2VecJob } from './jobs/word2vec.ts'
export { CheckpointError } from './models/checkpoint.ts'
export { evaluateAnalogies, evaluateWordPairs } from './models/evaluate.ts'
export { openWordModel, type WordModel } from './models/word-model.ts'
export { type Neighbor, UnknownWordError } from './models/word-space.ts'
export { wordVectorsSafetensors } from './models/word-vectors.ts'
export { resumeWord2Vec, word2vec } from './models/word2vec.ts'
export type { Word2VecOptions } from './models/word2vec-options.ts'
export type { Word2Vec, Word2VecCounts } from './models/word2vec-replica.ts'
export { readWordVectors } from './models/word2vec-state.ts'
export { projectorMetadata, projectorVectors } from './sinks/projector.ts'
export { word2vecBinary } from './sinks/word2vec-binary.ts'
export { word2vecText } from './sinks/word2vec-text.ts'
export { type LinesOptions, lines } from './sources/lines.ts'
export { linesOf } from './sources/memory.ts'
export { SourceError } from './sources/source-error.ts'
export type { Chunk, Operator, Position, Progress, Replica, Store, Stream, WordVectors } from './types.ts'
