import { platform } from '../platform.ts'

/** A shader that does not compile, or not with these overrides. */
export class KernelError extends Error {
  override name = 'KernelError'
}

/** What a binding can be: a whole buffer or a part of one. */
export type Resource = GPUBuffer | GPUBufferBinding

/** A compiled shader: `wgsl/<name>.wgsl` with its overrides fixed. */
export interface Kernel {
  readonly name: string
  readonly pipeline: GPUComputePipeline
  /** Gives resources to bindings 0, 1, 2, …; make it once where the same ones are used again. */
  bind(...resources: Resource[]): GPUBindGroup
}

/** Overrides of a shader, by name. */
export type Overrides = Readonly<Record<string, number | boolean>>

/**
 * Compiles `wgsl/<name>.wgsl`.
 *
 * @throws {KernelError} with the file, line and column the compiler names.
 */
export async function loadKernel(
  device: GPUDevice,
  name: string,
  overrides: Overrides = {}
): Promise<Kernel> {
  const bytes = await platform.load(new URL(`../../wgsl/${name}.wgsl`, import.meta.url))
  device.pushErrorScope('validation') // what is thrown below must not be reported twice
  const module = device.createShaderModule({ label: name, code: new TextDecoder().decode(bytes) })
  const [scope, { messages }] = [device.popErrorScope(), await module.getCompilationInfo()]
  await scope
  for (const { type, lineNum, linePos, message } of messages) {
    if (type === 'error') throw new KernelError(`wgsl/${name}.wgsl:${lineNum}:${linePos}: ${message}`)
  }
  const constants = Object.fromEntries(Object.entries(overrides).map(([key, value]) => [key, Number(value)]))
  const compute = { module, entryPoint: 'main', constants }
  const pipeline = await device
    .createComputePipelineAsync({ label: name, layout: 'auto', compute })
    .catch((cause: unknown) => {
      const said = cause instanceof Error ? `: ${cause.message.split('\n')[0]}` : ''
      const text = `wgsl/${name}.wgsl: no pipeline with overrides ${JSON.stringify(overrides)}${said}`
      throw new KernelError(text, { cause })
    })
  const layout = pipeline.getBindGroupLayout(0)
  return {
    name,
    pipeline,
    bind(...resources) {
      const entries = resources.map((resource, binding) => ({
        binding,
        resource: 'buffer' in resource ? resource : { buffer: resource }
      }))
      return device.createBindGroup({ label: name, layout, entries })
    }
  }
}
