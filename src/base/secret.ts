/**
 * A credential from the moment it is read. It cannot be printed by accident: string conversion, JSON,
 * and Node's inspector all show at most the last four characters. `reveal()` is called in one place only,
 * where the header for the provider is made.
 */
import { timingSafeEqual, createHash } from "node:crypto";
import { inspect } from "node:util";

export class Secret {
  readonly #value: string;

  constructor(value: string) {
    this.#value = value;
  }

  reveal(): string {
    return this.#value;
  }

  /** Compares without telling through time how much was right. */
  equals(candidate: string): boolean {
    const digest = (text: string): Buffer => createHash("sha256").update(text).digest();
    return timingSafeEqual(digest(this.#value), digest(candidate));
  }

  toString(): string {
    return maskedSecret(this.#value);
  }

  toJSON(): string {
    return maskedSecret(this.#value);
  }

  [inspect.custom](): string {
    return `Secret(${maskedSecret(this.#value)})`;
  }
}

/** `•••` and the last four characters; short values show nothing at all. */
export function maskedSecret(value: string): string {
  return value.length >= 16 ? `•••${value.slice(-4)}` : "•••";
}
