/** A vector in its two spellings: a list of numbers, or base64 over 32-bit floats, little end first. */

/** Either spelling, as it came. */
export type Vector = string | readonly number[];

const bytesPerFloat = 4;

/** What is not a number becomes NaN, as it would in the list. */
export function toBase64(vector: Vector): string {
  if (typeof vector === "string") return vector;
  const bytes = Buffer.alloc(vector.length * bytesPerFloat);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  for (let index = 0; index < vector.length; index += 1) {
    view.setFloat32(index * bytesPerFloat, Number(vector[index]), true);
  }
  return bytes.toString("base64");
}

/** Null when the text is not whole floats. */
export function toFloats(vector: Vector): readonly number[] | null {
  if (typeof vector !== "string") return vector;
  const bytes = Buffer.from(vector, "base64");
  if (bytes.byteLength === 0 || bytes.byteLength % bytesPerFloat !== 0) return null;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const floats: number[] = [];
  for (let at = 0; at < bytes.byteLength; at += bytesPerFloat) floats.push(view.getFloat32(at, true));
  return floats;
}

export function dimensionsOf(vector: Vector): number {
  return typeof vector === "string" ? Math.floor((vector.length * 3) / 4 / bytesPerFloat) : vector.length;
}

/** Off by more than this it was not meant to have length one. */
const unitTolerance = 1e-3;

/** The same direction with length one; itself where it has that already, or none at all. */
export function toUnit(vector: readonly number[]): readonly number[] {
  let squares = 0;
  for (const value of vector) squares += value * value;
  const length = Math.sqrt(squares);
  if (!(length > 0) || Math.abs(length - 1) <= unitTolerance) return vector;
  return vector.map((value) => value / length);
}
