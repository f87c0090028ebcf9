import type { ClientSide, Result } from "../format.ts";

const unsupported: Result<never> = { ok: false, error: { kind: "unsupported", message: "kiro is not spoken yet" } };
const whole = { status: 501, headers: [], body: new Uint8Array() } as const;

export const client: ClientSide = {
  shape: () => ({ operation: "other", model: null, stream: true }),
  readRequest: () => unsupported,
  streamHeaders: () => [],
  streamWriter: () => ({ push: () => [], keepAlive: () => new Uint8Array(), losses: () => [] }),
  writeModels: () => whole,
  writeReply: () => new Uint8Array(),
  writeError: () => whole,
};
