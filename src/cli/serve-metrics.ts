import { Counter, Gauge, Histogram, Registry } from 'prom-client'
import type { ServingOptions } from '../serving/server.ts'
import type { Page } from '../serving/server-requests.ts'

/** Metrics of a server of predictions for Prometheus. */
export interface ServeMetrics extends Required<Pick<ServingOptions, 'onAnswer' | 'onBatch'>> {
  /** All of them as of now. */
  readonly page: Page
}

const SECONDS = [0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10]
const INPUTS = [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024]

/** Metrics that are told of answers and batches, and ask how many inputs wait each time they are read. */
export function openServeMetrics(waiting: () => number): ServeMetrics {
  const registry = new Registry()
  const registers = [registry]
  const requests = new Counter({
    name: 'tensair_predict_requests_total',
    help: 'Requests for predictions, by the status of their answer; 499 is a sender that left.',
    labelNames: ['status'],
    registers
  })
  const seconds = new Histogram({
    name: 'tensair_predict_seconds',
    help: 'Time from the head of a request that was answered 200 to its answer.',
    buckets: SECONDS,
    registers
  })
  const batches = new Histogram({
    name: 'tensair_predict_batch_inputs',
    help: 'Inputs that went through the network together.',
    buckets: INPUTS,
    registers
  })
  new Gauge({
    name: 'tensair_predict_waiting_inputs',
    help: 'Inputs that wait for the network.',
    registers,
    collect() {
      this.set(waiting())
    }
  })
  return {
    onAnswer(answer) {
      requests.inc({ status: String(answer.status) })
      if (answer.status === 200) seconds.observe(answer.seconds)
    },
    onBatch: inputs => batches.observe(inputs),
    page: async () => [registry.contentType, await registry.metrics()]
  }
}
