import type { Device } from '../contract.ts'
import { adapterFacts, adapterName, findAdapter, NoAdapterError, type OpenedAdapter } from './adapter.ts'
import { apply } from './apply.ts'
import { checkRows } from './check-rows.ts'
import { createGpu, type Gpu } from './gpu.ts'
import { nearest } from './nearest.ts'
import { pack } from './pack.ts'
import { measureRoof } from './roof.ts'
import { createSkipGram } from './skip-gram.ts'
import { createTable, gpuTable } from './table.ts'
import { createKernelTimer, type KernelTime, medianTimes } from './timing.ts'

export { NoAdapterError } from './adapter.ts'

export interface WebGpuOptions {
  /** Bring the software adapter of the development dependencies where the machine has no adapter. Default false. */
  readonly software?: boolean
  /** Time every dispatch, for `kernelTimes`; needs the feature timestamp-query. Default false. */
  readonly timing?: boolean
  /** Use subgroup operations where the adapter has them. Default true. */
  readonly subgroups?: boolean
}

export interface WebGpuDevice extends Device {
  /** Whether the adapter is a GPU, not a driver that runs on the processor. */
  readonly hardware: boolean
  /** Of a device opened with `timing`: how long each kernel took, the median of its dispatches, slowest first. */
  kernelTimes(): Promise<KernelTime[]>
}

/**
 * Opens a WebGPU device.
 * @throws {NoAdapterError} with one clear line where there is no adapter.
 */
export async function openWebGpu(options: WebGpuOptions = {}): Promise<WebGpuDevice> {
  const found = await findAdapter(options.software ?? false)
  const { adapter, hardware } = found
  const gpu = await openGpu(found, options)
  let instance: GPU | undefined = found.instance // Dawn ends the process if it is collected while the device lives
  const facts = adapterFacts(found, gpu.device)
  return {
    kind: 'webgpu',
    name: adapterName(adapter),
    hardware,
    deterministic: true,
    facts: [...facts, ['subgroup path', gpu.subgroups ? 'yes' : 'no']],
    lost: gpu.lost,
    createTable: tableOptions => createTable(gpu, tableOptions),
    createSkipGram: skipGramOptions => createSkipGram(gpu, skipGramOptions),
    pack: async (table, limit = table.capacity, replicas = 2 ** 32) =>
      pack(gpu, gpuTable(gpu, table), limit, replicas),
    apply: async (table, delta) => apply(gpu, gpuTable(gpu, table), delta),
    nearest: async (table, rows, queries, k) => nearest(gpu, gpuTable(gpu, table), rows, queries, k),
    checkRows: async (table, rows, limit) => checkRows(gpu, gpuTable(gpu, table), rows, limit),
    measureRoof: () => measureRoof(gpu),
    async kernelTimes() {
      if (gpu.timer === undefined) throw new Error('webgpu: open the device with timing to time its kernels')
      await gpu.done()
      return medianTimes(await gpu.timer.samples())
    },
    async close() {
      gpu.close()
      instance = undefined
      void instance
    }
  }
}

/** A device with all the adapter gives. */
async function openGpu({ adapter, hardware }: OpenedAdapter, options: WebGpuOptions): Promise<Gpu> {
  const { timing = false, subgroups = true } = options
  const requiredFeatures = (['timestamp-query', 'subgroups'] as const).filter(feature =>
    adapter.features.has(feature)
  )
  if (timing && !requiredFeatures.includes('timestamp-query')) {
    throw new NoAdapterError(
      `webgpu: ${adapterName(adapter)} has no timestamp queries, so it cannot time kernels`
    )
  }
  const requiredLimits = Object.fromEntries(LIMITS.map(name => [name, adapter.limits[name]])) as Record<
    string,
    number
  >
  const device = await adapter.requestDevice({ requiredFeatures, requiredLimits })
  const timer = timing ? createKernelTimer(device) : undefined
  const plain = createGpu(device, { hardware, subgroups: false, timer })
  const useSubgroups = subgroups && device.features.has('subgroups') && (await areLanesOrdered(plain))
  return { ...plain, subgroups: useSubgroups }
}

const LIMITS = [
  'maxBufferSize',
  'maxStorageBufferBindingSize',
  'maxStorageBuffersPerShaderStage',
  'maxComputeWorkgroupStorageSize',
  'maxComputeInvocationsPerWorkgroup',
  'maxComputeWorkgroupSizeX'
] as const

/** Runs wgsl/probe-subgroups.wgsl. */
async function areLanesOrdered(gpu: Gpu): Promise<boolean> {
  const kernel = await gpu.kernel('probe-subgroups')
  const ordered = await gpu.buffer('probe-subgroups', 4 * 128)
  gpu.record(to => to.dispatch(kernel, kernel.bind(ordered), 1))
  const answers = new Uint32Array(await gpu.read(ordered, 0, 4 * 128))
  ordered.destroy()
  return answers.every(answer => answer === 1)
}
