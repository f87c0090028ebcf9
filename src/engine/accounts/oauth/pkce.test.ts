import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { systemRandom } from "../../../base/random.ts";
import { challengeOf, createPkce, createState } from "./pkce.ts";

describe("a proof key", () => {
  it("gives the challenge of RFC 7636, appendix B", () => {
    expect(challengeOf("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk")).toBe(
      "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM",
    );
  });

  it("is always of a form that RFC 7636 allows, whatever chance says", () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 64, maxLength: 64 }), (bytes) => {
        const { verifier, challenge } = createPkce({ bytes: (count) => Buffer.from(bytes.subarray(0, count)) });
        expect(verifier.reveal()).toMatch(/^[A-Za-z0-9._~-]{43,128}$/);
        expect(challenge).toBe(challengeOf(verifier.reveal()));
        expect(challenge).toMatch(/^[A-Za-z0-9_-]{43}$/);
      }),
    );
  });

  it("is another one each time, and so is a state", () => {
    expect(createPkce(systemRandom).challenge).not.toBe(createPkce(systemRandom).challenge);
    expect(createState(systemRandom)).not.toBe(createState(systemRandom));
  });
});
