/** The atoms of the published shapes: each says what it is, and in which unit. */
import * as v from "valibot";

export const text = (about: string) => v.pipe(v.string(), v.description(about));
export const filledText = (about: string) => v.pipe(v.string(), v.minLength(1), v.description(about));
export const flag = (about: string) => v.pipe(v.boolean(), v.description(about));
export const instant = (about: string) =>
  v.pipe(v.string(), v.isoTimestamp(), v.description(`${about} ISO 8601, UTC.`));
export const number = (about: string) => v.pipe(v.number(), v.description(about));
export const count = (about: string) => v.pipe(v.number(), v.integer(), v.minValue(0), v.description(about));
export const wholeNumber = (min: number, max: number, about: string) =>
  v.pipe(v.number(), v.integer(), v.minValue(min), v.maxValue(max), v.description(about));
export const ratio = (about: string) =>
  v.pipe(v.number(), v.minValue(0), v.maxValue(1), v.description(`${about} 0 to 1.`));
export const dollars = (about: string) => v.pipe(v.number(), v.minValue(0), v.description(`${about} US dollars.`));
export const ms = (about: string) => v.pipe(v.number(), v.minValue(0), v.description(`${about} Milliseconds.`));
export const oneOf = <const Words extends readonly string[]>(words: Words, about: string) =>
  v.pipe(v.picklist(words), v.description(about));
export const exactly = <const Value extends string | number | boolean>(value: Value, about: string) =>
  v.pipe(v.literal(value), v.description(about));
export const listOf = <const Item extends v.GenericSchema>(item: Item, about: string) =>
  v.pipe(v.array(item), v.description(about));
export const mapOf = <const Value extends v.GenericSchema>(value: Value, about: string) =>
  v.pipe(v.record(v.string(), value), v.description(about));
