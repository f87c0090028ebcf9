import { describe, expect, it } from "vitest";
import { Secret } from "../../../base/secret.ts";
import { checkCallback } from "./grants.ts";
import { resolveService, type ServiceInForce } from "./resolve.ts";
import type { ServiceId } from "./services.ts";

const state = "the-state-of-this-login-0123456789";

function service(id: ServiceId): ServiceInForce {
  const said = { clientSecret: new Secret("made-up-client-secret-for-tests") };
  const resolved = resolveService(id, { config: { [id]: said }, file: {} });
  if (!resolved.ok) throw new Error(resolved.message);
  return resolved.service;
}

const check = (id: ServiceId, answer: Readonly<Record<string, string>>) =>
  checkCallback(service(id), new URLSearchParams(answer), state);

describe("an answer from the browser", () => {
  it("counts when it knows the state and names the issuer we asked", () => {
    const checked = check("gemini-cli", { code: "c0de", state, iss: "https://accounts.google.com" });
    expect(checked.ok && checked.parameters.get("code")).toBe("c0de");
    expect(check("gemini-cli", { code: "c0de", state }).ok).toBe(true);
  });

  it.each([
    ["another state", { code: "c0de", state: "wrong" }],
    ["no state", { code: "c0de" }],
    ["another issuer", { code: "c0de", state, iss: "https://accounts.evil.example" }],
  ])("does not count with %s", (_what, answer) => {
    const checked = check("gemini-cli", answer);
    expect(!checked.ok && checked.message).toContain("does not belong to this login");
  });

  it("is not measured by an issuer that is published nowhere", () => {
    expect(check("claude", { code: "c0de", state, iss: "https://whoever.example" }).ok).toBe(true);
  });

  it("says what the service says, in its own word or in none", () => {
    const declined = check("codex", { error: "access_denied", state });
    expect(!declined.ok && declined.message).toContain("declined");
    const broken = check("codex", { error: "server_error", state });
    expect(!broken.ok && broken.message).toContain("server_error");
    const strange = check("codex", { error: "<b>strange words</b>", state });
    expect(!strange.ok && strange.message).not.toContain("strange");
  });
});
