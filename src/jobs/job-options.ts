import { z } from 'zod'
import type { Job } from './job.ts'

/** One option of a job, as a command line or a form asks for it. */
export interface JobOption {
  /** As in the schema. */
  readonly name: string
  /** As on the command line, without the dashes: the name in kebab-case. */
  readonly flag: string
  /** `any`: a text that the schema makes something of. */
  readonly kind: 'text' | 'number' | 'whole' | 'boolean' | 'any'
  /** Whether it can be given again, and is a list. */
  readonly list: boolean
  readonly description: string
  /** The values it may have; absent where they are not counted. */
  readonly choices?: readonly (string | number)[]
  readonly required: boolean
  /** Absent where it has none. */
  readonly default?: unknown
}

/** What is wrong with a job's options, in one line. */
export class JobOptionError extends Error {
  override name = 'JobOptionError'
}

/** As much of JSON Schema as an option needs. */
interface Property {
  readonly type?: string | readonly string[]
  readonly enum?: readonly unknown[]
  readonly const?: unknown
  readonly anyOf?: readonly Property[]
  readonly items?: Property
  readonly description?: string
  readonly default?: unknown
}

/**
 * The options of a job, in the order of its schema.
 *
 * @throws JobOptionError where one has a name or a type that cannot be an option's.
 */
export function optionsOf({ options: schema }: Pick<Job, 'options'>): JobOption[] {
  if (schema === undefined) return []
  const { properties = {}, required = [] } = z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' })
  return Object.entries(properties).map(([name, property]) =>
    optionOf(name, typeof property === 'object' ? (property as Property) : {}, required.includes(name))
  )
}

/**
 * What a job's options come to; those that were not given are left out of `given`.
 *
 * @throws JobOptionError that names every option that is wrong, as on the command line.
 */
export async function readOptions(
  job: Pick<Job, 'options'>,
  given: Readonly<Record<string, unknown>>
): Promise<Record<string, unknown>> {
  if (job.options === undefined) return {}
  const off = optionsOf(job).flatMap(({ name, default: value }) => (value === false ? [[name, false]] : []))
  const result = await job.options.safeParseAsync({ ...Object.fromEntries(off), ...given })
  if (result.success) return result.data
  const wrong = result.error.issues.map(({ path: [name, ...inside], message }) => {
    if (name === undefined) return message
    const value = inside.reduce<unknown>(valueIn, given[String(name)])
    return `--${kebab(String(name))}: ${message}; got ${JSON.stringify(value) ?? 'nothing'}`
  })
  throw new JobOptionError(wrong.join('; '))
}

function optionOf(name: string, property: Property, required: boolean): JobOption {
  if (!/^[a-z][a-zA-Z\d]*$/.test(name) || /^no[A-Z]/.test(name))
    throw new JobOptionError(
      `the option ${JSON.stringify(name)} must be called by words like minCount, and not begin with no`
    )
  const list = typesOf(property).includes('array')
  const one = list ? (property.items ?? {}) : property
  const choices = choicesOf(one)
  const kind = choices === undefined ? kindOf(name, one) : 'text'
  return {
    name,
    flag: kebab(name),
    kind,
    list,
    description: property.description ?? one.description ?? '',
    ...(choices !== undefined && { choices }),
    ...(kind === 'boolean' && !list && required
      ? // A flag that is not given is off.
        { required: false, default: false }
      : { required, ...(property.default !== undefined && { default: property.default }) })
  }
}

function kindOf(name: string, property: Property): JobOption['kind'] {
  const [type, ...others] = typesOf(property)
  if (type === undefined) return 'any'
  if (others.length === 0) {
    if (type === 'integer') return 'whole'
    if (type === 'number' || type === 'boolean') return type
    if (type === 'string') return 'text'
  }
  throw new JobOptionError(
    `the option ${name} must be a text, a number, a boolean, a choice, or a list of one of them; got ${[type, ...others].join(' or ')}`
  )
}

/** What a value may be, but for null: a command line cannot say that. */
function typesOf({ type = [], anyOf = [] }: Property): string[] {
  const own = typeof type === 'string' ? [type] : type
  return [...new Set([...own, ...anyOf.flatMap(typesOf)])].filter(name => name !== 'null')
}

function choicesOf({ enum: values, const: only, anyOf }: Property): (string | number)[] | undefined {
  if (only !== undefined) return isChoice(only) ? [only] : undefined
  if (values !== undefined) return values.every(isChoice) ? [...values] : undefined
  const parts = anyOf?.filter(part => part.type !== 'null').map(choicesOf)
  if (parts === undefined || parts.some(part => part === undefined)) return undefined
  return parts.flatMap(part => part ?? [])
}

function isChoice(value: unknown): value is string | number {
  return typeof value === 'string' || typeof value === 'number'
}

function kebab(name: string): string {
  return name.replace(/[A-Z]/g, letter => `-${letter.toLowerCase()}`)
}

function valueIn(value: unknown, key: PropertyKey): unknown {
  return typeof value === 'object' && value !== null ? Reflect.get(value, key) : undefined
}
