import { platform } from '../platform.ts'

/** This machine has no adapter that can be used, or none of the kind asked for. */
export class NoAdapterError extends Error {
  override name = 'NoAdapterError'
}

/** An adapter, and what keeps it alive. */
export interface OpenedAdapter {
  readonly adapter: GPUAdapter
  /** Dawn ends the process if this is collected while a device lives. */
  readonly instance: GPU
  /** A GPU, not a driver that runs on the processor. */
  readonly hardware: boolean
}

// Quantised to 65 µs, timestamps could not tell one kernel from another. And SwiftShader makes code for every element of
// an array that the Vulkan extension zeroes: 9 s to compile wgsl/sgns.wgsl, against 0.6 s.
const FLAGS = [
  'disable-dawn-features=timestamp_quantization,use_vulkan_zero_initialize_workgroup_memory_extension'
]
const SOFTWARE_NAMES = /swiftshader|llvmpipe|lavapipe|softpipe|basic render/i

/**
 * Finds an adapter; the machine's own first. Where it has none, and `software` is true, the software adapter of the
 * development dependencies.
 * @throws {NoAdapterError} where there is none.
 */
export async function findAdapter(software: boolean): Promise<OpenedAdapter> {
  const own = await request(await platform.openGpu(FLAGS))
  if (own !== undefined) return own
  if (!software) throw new NoAdapterError('webgpu: this machine has no GPU adapter')
  const provided = await request(await platform.openGpu(FLAGS, true))
  if (provided !== undefined) return provided
  throw new NoAdapterError(
    'webgpu: this machine has no GPU adapter, and the software adapter is not there ' +
      '(it comes with the development dependency @sparticuz/chromium, for Linux on x64); use the device wasm'
  )
}

async function request(instance: GPU | undefined): Promise<OpenedAdapter | undefined> {
  const adapter = await instance?.requestAdapter({ powerPreference: 'high-performance' })
  if (instance === undefined || adapter === null || adapter === undefined) return undefined
  const { info } = adapter
  // Dawn's null backend accepts every call and computes nothing; it is the one that has no name.
  if (info.description === '' && info.vendor === '' && info.device === '') return undefined
  const software =
    info.isFallbackAdapter || SOFTWARE_NAMES.test(`${info.architecture} ${info.description} ${info.device}`)
  return { adapter, instance, hardware: !software }
}

/** The adapter's name, for people. */
export function adapterName({ info }: GPUAdapter): string {
  const words = [info.vendor, info.architecture, info.device, info.description].filter(word => word !== '')
  return words.filter((word, i) => words.indexOf(word) === i).join(' ')
}

/** What `tensair doctor` prints of an adapter and the device opened on it. */
export function adapterFacts({ adapter, hardware }: OpenedAdapter, device: GPUDevice): [string, string][] {
  const { info } = adapter
  const limits = [
    'maxBufferSize',
    'maxStorageBufferBindingSize',
    'maxStorageBuffersPerShaderStage',
    'maxComputeWorkgroupStorageSize',
    'maxComputeInvocationsPerWorkgroup',
    'maxComputeWorkgroupsPerDimension'
  ] as const
  return [
    ['adapter', adapterName(adapter)],
    ['vendor', info.vendor],
    ['architecture', info.architecture],
    ['driver', info.description],
    ['hardware', hardware ? 'yes' : 'no, it runs on the processor'],
    ...(info.subgroupMinSize === undefined
      ? []
      : [['subgroups', `${info.subgroupMinSize} to ${info.subgroupMaxSize} lanes`] as [string, string]]),
    ...limits.map((name): [string, string] => [name, String(device.limits[name])]),
    ['features', [...device.features].sort().join(', ')]
  ]
}
