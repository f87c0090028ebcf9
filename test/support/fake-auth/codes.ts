/** Codes that are good once: the authorization code bound to its proof key, and the device code somebody confirms. */
import { createHash, randomBytes } from "node:crypto";

export interface CodeRequest {
  readonly clientId: string;
  readonly redirectUri: string;
  /** Null where the service knows no proof keys. */
  readonly challenge: string | null;
}

export interface CodeBook {
  give(request: CodeRequest): string;
  /** Good once, and only with everything it was asked with. */
  take(code: string, shown: { clientId: string; redirectUri: string; verifier: string | null }): boolean;
}

export function createCodeBook(): CodeBook {
  const open = new Map<string, CodeRequest>();
  return {
    give(request) {
      const code = randomBytes(24).toString("base64url");
      open.set(code, request);
      return code;
    },
    take(code, { clientId, redirectUri, verifier }) {
      const request = open.get(code);
      open.delete(code);
      if (request === undefined || request.clientId !== clientId || request.redirectUri !== redirectUri) return false;
      return request.challenge === null ? verifier === null : verifier !== null && isProof(verifier, request.challenge);
    },
  };
}

export function isProof(verifier: string, challenge: string): boolean {
  const isFormed = /^[A-Za-z0-9._~-]{43,128}$/.test(verifier);
  return isFormed && createHash("sha256").update(verifier).digest("base64url") === challenge;
}

export type DeviceState = "pending" | "approved" | "denied" | "expired";

export interface DeviceBook {
  begin(clientId: string, challenge: string | null): { readonly deviceCode: string; readonly userCode: string };
  /** `unknown`: never given, or used already. */
  look(deviceCode: string, clientId: string, verifier: string | null): DeviceState | "unknown";
  /** Everybody who waits is told this from now on. */
  readonly decide: (state: DeviceState) => void;
  /** The next so many looks are answered with "slow down". */
  readonly slowDown: (times: number) => void;
  /** Should this look be answered so? Counts down. */
  isTooFast(): boolean;
}

export function createDeviceBook(): DeviceBook {
  const open = new Map<string, { clientId: string; challenge: string | null }>();
  let state: DeviceState = "pending";
  let tooFast = 0;
  return {
    begin(clientId, challenge) {
      const deviceCode = randomBytes(20).toString("hex");
      open.set(deviceCode, { clientId, challenge });
      const letters = Array.from(randomBytes(8), (byte) => String.fromCharCode(65 + (byte % 26))).join("");
      const userCode = `${letters.slice(0, 4)}-${letters.slice(4)}`;
      return { deviceCode, userCode };
    },
    look(deviceCode, clientId, verifier) {
      const asked = open.get(deviceCode);
      if (asked === undefined || asked.clientId !== clientId) return "unknown";
      const { challenge } = asked;
      if (challenge !== null && (verifier === null || !isProof(verifier, challenge))) return "unknown";
      if (state === "approved") open.delete(deviceCode);
      return state;
    },
    decide(next) {
      state = next;
    },
    slowDown(times) {
      tooFast = times;
    },
    isTooFast() {
      tooFast -= 1;
      return tooFast >= 0;
    },
  };
}
