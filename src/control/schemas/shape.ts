/**
 * Ties a schema to the interface it describes, in both directions: where either has a field, a word or a null that the
 * other has not, the file does not compile, and the compiler names the fields in question.
 */
import * as v from "valibot";

type Primitive = string | number | boolean | null | undefined;

/** What JSON keeps of a type: everything readonly, no undefined, intersections and interfaces flattened. */
export type Plain<T> = unknown extends T
  ? T
  : T extends Primitive
    ? T
    : { readonly [Key in keyof T]: Plain<Exclude<T[Key], undefined>> };

// Whether two deferred types are identical is the one question to which the compiler gives an exact answer.
// oxlint-disable-next-line typescript/no-unnecessary-type-parameters
type Same<Left, Right> = (<T>() => T extends Left ? 1 : 2) extends <T>() => T extends Right ? 1 : 2 ? true : false;

/** The fields in which two shapes differ; `never` where they are no objects or differ as a whole. */
type Differing<Left, Right> = {
  [Key in keyof Left | keyof Right]: Key extends keyof Left & keyof Right
    ? Same<Pick<Left, Key>, Pick<Right, Key>> extends true
      ? never
      : Key
    : Key;
}[keyof Left | keyof Right];

type Tied<Schema extends v.GenericSchema, Shape> =
  Same<Plain<v.InferOutput<Schema>>, Plain<Shape>> extends true
    ? unknown
    : { readonly "schema and interface differ in": Differing<Plain<v.InferOutput<Schema>>, Plain<Shape>> };

/** `shapeOf<FlowJson>()("what it is", v.strictObject({ … }))` */
export function shapeOf<Shape>() {
  return <const Schema extends v.GenericSchema>(about: string, schema: Schema & Tied<Schema, Shape>) =>
    v.pipe(schema as Schema, v.description(about)); // the other half is there for the compiler only
}
