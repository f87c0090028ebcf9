import type { ProviderSide, Result } from "../format.ts";

const unsupported: Result<never> = { ok: false, error: { kind: "unsupported", message: "cursor is not spoken yet" } };

export const provider: ProviderSide = {
  writeRequest: () => unsupported,
  streamReader: () => ({ push: () => [], end: () => [] }),
  readReply: () => unsupported,
  readError: (status) => ({ kind: "upstream", message: "cursor", status }),
};
