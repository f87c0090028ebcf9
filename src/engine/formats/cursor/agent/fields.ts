/** Fields of a decoded message: absent ones as proto3 means them (no text, no bytes, an empty list). */
import { isRecord, own } from "../../../../base/json.ts";
import type { Message } from "../wire/schema.ts";

const noBytes = new Uint8Array();

export function sub(message: Message | undefined, key: string): Message | undefined {
  const value = own(message, key);
  return isRecord(value) ? value : undefined;
}

export function text(message: Message | undefined, key: string): string {
  const value = own(message, key);
  return typeof value === "string" ? value : "";
}

export function count(message: Message | undefined, key: string): number {
  const value = own(message, key);
  return typeof value === "number" ? value : Number(typeof value === "string" ? value : 0) || 0;
}

export function flag(message: Message | undefined, key: string): boolean {
  return own(message, key) === true;
}

export function bytes(message: Message | undefined, key: string): Uint8Array {
  const value = own(message, key);
  return value instanceof Uint8Array ? value : noBytes;
}

export function list(message: Message | undefined, key: string): readonly Message[] {
  const value = own(message, key);
  return Array.isArray(value) ? value.filter(isRecord) : [];
}

export function bytesList(message: Message | undefined, key: string): readonly Uint8Array[] {
  const value = own(message, key);
  return Array.isArray(value) ? value.filter((item) => item instanceof Uint8Array) : [];
}

export function textList(message: Message | undefined, key: string): readonly string[] {
  const value = own(message, key);
  return Array.isArray(value) ? value.filter((item) => typeof item === "string") : [];
}

/** The entries of a map of messages. */
export function entries(message: Message | undefined, key: string): readonly (readonly [string, Message])[] {
  return Object.entries(sub(message, key) ?? {}).flatMap(([name, value]) =>
    isRecord(value) ? [[name, value] as const] : [],
  );
}

/** Which of these fields is set: the one of a oneof. */
export function whichOf(message: Message | undefined, keys: readonly string[]): string | null {
  return keys.find((key) => message !== undefined && Object.hasOwn(message, key)) ?? null;
}
