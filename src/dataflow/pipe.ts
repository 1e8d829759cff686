import { pipe as joined } from 'it-pipe'
import type { Operator } from '../types.ts'

/** What a flow ends in: an operator, whose stream is then read, or a sink, which reads it and is awaited. */
export type Last<In, Result> = (items: AsyncIterable<In>) => Result

/** The types of `pipe`: each stage takes what the one before it gives, so a function in a stage knows its items. */
export interface Pipe {
  <A, Result>(source: AsyncIterable<A>, last: Last<A, Result>): Result
  <A, B, Result>(source: AsyncIterable<A>, first: Operator<A, B>, last: Last<B, Result>): Result
  <A, B, C, Result>(
    source: AsyncIterable<A>,
    first: Operator<A, B>,
    second: Operator<B, C>,
    last: Last<C, Result>
  ): Result
  <A, B, C, D, Result>(
    source: AsyncIterable<A>,
    first: Operator<A, B>,
    second: Operator<B, C>,
    third: Operator<C, D>,
    last: Last<D, Result>
  ): Result
  <A, B, C, D, E, Result>(
    source: AsyncIterable<A>,
    first: Operator<A, B>,
    second: Operator<B, C>,
    third: Operator<C, D>,
    fourth: Operator<D, E>,
    last: Last<E, Result>
  ): Result
  <A, B, C, D, E, F, Result>(
    source: AsyncIterable<A>,
    first: Operator<A, B>,
    second: Operator<B, C>,
    third: Operator<C, D>,
    fourth: Operator<D, E>,
    fifth: Operator<E, F>,
    last: Last<F, Result>
  ): Result
  <A, B, C, D, E, F, G, Result>(
    source: AsyncIterable<A>,
    first: Operator<A, B>,
    second: Operator<B, C>,
    third: Operator<C, D>,
    fourth: Operator<D, E>,
    fifth: Operator<E, F>,
    sixth: Operator<F, G>,
    last: Last<G, Result>
  ): Result
  <A, B, C, D, E, F, G, H, Result>(
    source: AsyncIterable<A>,
    first: Operator<A, B>,
    second: Operator<B, C>,
    third: Operator<C, D>,
    fourth: Operator<D, E>,
    fifth: Operator<E, F>,
    sixth: Operator<F, G>,
    seventh: Operator<G, H>,
    last: Last<H, Result>
  ): Result
  <A, B, C, D, E, F, G, H, I, Result>(
    source: AsyncIterable<A>,
    first: Operator<A, B>,
    second: Operator<B, C>,
    third: Operator<C, D>,
    fourth: Operator<D, E>,
    fifth: Operator<E, F>,
    sixth: Operator<F, G>,
    seventh: Operator<G, H>,
    eighth: Operator<H, I>,
    last: Last<I, Result>
  ): Result
  <A, B, C, D, E, F, G, H, I, J, Result>(
    source: AsyncIterable<A>,
    first: Operator<A, B>,
    second: Operator<B, C>,
    third: Operator<C, D>,
    fourth: Operator<D, E>,
    fifth: Operator<E, F>,
    sixth: Operator<F, G>,
    seventh: Operator<G, H>,
    eighth: Operator<H, I>,
    ninth: Operator<I, J>,
    last: Last<J, Result>
  ): Result
  <A, B, C, D, E, F, G, H, I, J, K, Result>(
    source: AsyncIterable<A>,
    first: Operator<A, B>,
    second: Operator<B, C>,
    third: Operator<C, D>,
    fourth: Operator<D, E>,
    fifth: Operator<E, F>,
    sixth: Operator<F, G>,
    seventh: Operator<G, H>,
    eighth: Operator<H, I>,
    ninth: Operator<I, J>,
    tenth: Operator<J, K>,
    last: Last<K, Result>
  ): Result
  <A, B, C, D, E, F, G, H, I, J, K, L, Result>(
    source: AsyncIterable<A>,
    first: Operator<A, B>,
    second: Operator<B, C>,
    third: Operator<C, D>,
    fourth: Operator<D, E>,
    fifth: Operator<E, F>,
    sixth: Operator<F, G>,
    seventh: Operator<G, H>,
    eighth: Operator<H, I>,
    ninth: Operator<I, J>,
    tenth: Operator<J, K>,
    eleventh: Operator<K, L>,
    last: Last<L, Result>
  ): Result
}

/** Joins a source, operators and what the flow ends in, from left to right (it-pipe); up to twelve stages. Nothing moves until the end is read. */
export const pipe: Pipe = joined
