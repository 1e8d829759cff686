// What a program that uses tensair imports. Everything here also runs in a browser; what does not is in src/node.ts.

export {
  type Device,
  type DeviceChoice,
  type DeviceKind,
  DeviceLostError,
  type OpenedDevice,
  openDevice
} from '../kernels/index.ts'
export { type Adaptation, type AdaptOptions, adapt } from './dataflow/adapt.ts'
export type { AdaptMode, Phase } from './dataflow/adapt-course.ts'
export type { AdaptCounts, Adapted, VersionedPrediction } from './dataflow/adapt-learner.ts'
export type { DriftResponse } from './dataflow/adapt-model.ts'
export { type AggregateOptions, aggregate, type WindowSpan } from './dataflow/aggregate.ts'
export { type BatchOptions, batch } from './dataflow/batch.ts'
export { broadcast } from './dataflow/broadcast.ts'
export { balancedAccuracy, kappa } from './dataflow/class-metrics.ts'
export type { Clock } from './dataflow/clock.ts'
export { type CommitOptions, commit } from './dataflow/commit.ts'
export type { ConcurrencyOptions } from './dataflow/concurrent.ts'
export { type ConfusedPair, ConfusionMatrix } from './dataflow/confusion-matrix.ts'
export { type Detected, detect } from './dataflow/detect.ts'
export { type DistinctOptions, distinct } from './dataflow/distinct.ts'
export { type DistributeOptions, distribute } from './dataflow/distribute.ts'
export { type Evaluated, type EvaluateOptions, type Evaluation, evaluate } from './dataflow/evaluate.ts'
export { type Exchanged, type ExchangeOptions, exchange } from './dataflow/exchange.ts'
export type { FailureOptions, FallibleOperator, OnError } from './dataflow/failures.ts'
export { filter } from './dataflow/filter.ts'
export { flatMap } from './dataflow/flat-map.ts'
export type { Moves } from './dataflow/holdings.ts'
export { type IterateBody, type IterateOptions, iterate, type Round, type Turn } from './dataflow/iterate.ts'
export { type Joined, type JoinOptions, join } from './dataflow/join.ts'
export { type MapOptions, map } from './dataflow/map.ts'
export { merge } from './dataflow/merge.ts'
export {
  absoluteError,
  accuracy,
  logLoss,
  type Metric,
  meanAbsoluteError,
  meanOf,
  meanSquaredError,
  squaredError
} from './dataflow/metrics.ts'
export type { Loss } from './dataflow/moving-state.ts'
export type { RoutingKey } from './dataflow/partitions.ts'
export { pipe } from './dataflow/pipe.ts'
export { type PredictOptions, predict } from './dataflow/predict.ts'
export type { Predicted } from './dataflow/predictions.ts'
export {
  type Reduced,
  type ReduceOptions,
  type ReduceWindowsOptions,
  type Running,
  reduce
} from './dataflow/reduce.ts'
export { type ReplayOptions, replay } from './dataflow/replay.ts'
export { living, part, type Share, shard } from './dataflow/shard.ts'
export { type ShareOptions, type Sharing, share } from './dataflow/share.ts'
export { type SplitOptions, split } from './dataflow/split.ts'
export type { SpreadOptions } from './dataflow/spreading.ts'
export {
  type Alarm,
  type AlarmRule,
  type SwarmAlarms,
  type SwarmAlarmsOptions,
  swarmAlarms
} from './dataflow/swarm-alarms.ts'
export { type JoinTableOptions, joinTable, type TableJoined } from './dataflow/table-join.ts'
export { tap } from './dataflow/tap.ts'
export { type ThrottleOptions, throttle } from './dataflow/throttle.ts'
export { type TokenizeOptions, type Tokenizer, tokenize } from './dataflow/tokenize.ts'
export { type Training, type TrainOptions, train } from './dataflow/train.ts'
export { type Window, type Windowed, type Windowing, type WindowOptions, window } from './dataflow/window.ts'
export { count, session, sliding, tumbling, type Windows } from './dataflow/windows.ts'
export type { JobEvent } from './jobs/events.ts'
export type { FlowEvent } from './jobs/flow-events.ts'
export {
  defineJob,
  type FinishContext,
  type FlowContext,
  type Job,
  type JobDefinition,
  type JobModel,
  type JobReplica,
  type ModelContext,
  z
} from './jobs/job.ts'
export type { Computing } from './jobs/model-device.ts'
export type { Text } from './jobs/text.ts'
export { NoWordsError, runWord2Vec, type Word2VecJob } from './jobs/word2vec.ts'
export { CheckpointError } from './models/checkpoint.ts'
export { evaluateAnalogies, evaluateWordPairs } from './models/evaluate.ts'
export { type Linear, type LinearOptions, linear } from './models/linear.ts'
export type { Features, FeatureValue } from './models/linear-features.ts'
export {
  type LabelledText,
  type TextClass,
  type TextClassifier,
  type TextClassifierOptions,
  textClassifier
} from './models/text-classifier.ts'
export { openWordModel, type WordModel } from './models/word-model.ts'
export { type Neighbor, UnknownWordError } from './models/word-space.ts'
export { wordVectorsSafetensors } from './models/word-vectors.ts'
export { resumeWord2Vec, word2vec } from './models/word2vec.ts'
export type { Word2VecOptions } from './models/word2vec-options.ts'
export type { Word2Vec, Word2VecCounts } from './models/word2vec-replica.ts'
export { readWordVectors } from './models/word2vec-state.ts'
export { type Batching, type BatchingOptions, BusyError, batching } from './serving/batching.ts'
export type { PredictedImage } from './sinks/image-sheet.ts'
export { projectorMetadata, projectorVectors } from './sinks/projector.ts'
export { SinkError } from './sinks/sink-error.ts'
export { type WebSocketSinkOptions, webSocketSink } from './sinks/web-socket.ts'
export { word2vecBinary } from './sinks/word2vec-binary.ts'
export { word2vecText } from './sinks/word2vec-text.ts'
export type { BadRecordOptions, Fallible, OnBadRecord } from './sources/bad-records.ts'
export { type CsvOptions, type CsvRow, csv } from './sources/csv.ts'
export {
  type ImageProblem,
  type ImageSet,
  type ImagesOptions,
  imageSet,
  type LabelledImage,
  type NamedImage,
  type StoredImages
} from './sources/images.ts'
export { type LinesOptions, lines } from './sources/lines.ts'
export { linesOf } from './sources/memory.ts'
export { type NdjsonOptions, ndjson } from './sources/ndjson.ts'
export { type ParquetOptions, parquet } from './sources/parquet.ts'
export { type ParseNdjsonOptions, parseNdjson } from './sources/parse-ndjson.ts'
export { SourceError } from './sources/source-error.ts'
export { type SyntheticClock, type SyntheticOptions, synthetic } from './sources/synthetic.ts'
export { type WebSocketSource, type WebSocketSourceOptions, webSocketSource } from './sources/web-socket.ts'
export type { Reconnect } from './sources/web-socket-follow.ts'
export type {
  AdaptableReplica,
  Channel,
  ChannelEvent,
  ChannelHandler,
  ChannelLinkStatus,
  Channels,
  Chunk,
  Convergence,
  Detector,
  DetectorState,
  Held,
  KeyedState,
  Operator,
  Position,
  PredictingReplica,
  Predictor,
  Progress,
  Replica,
  SharedReplica,
  Store,
  Stream,
  Swarm,
  SwarmStatus,
  Verdict,
  WordVectors
} from './types.ts'
