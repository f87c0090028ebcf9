import { describe, expect, it } from "vitest";
import { Secret } from "../../base/secret.ts";
import type { LoginFacts } from "../accounts/credential.ts";
import type { ProviderConfig } from "../config/schema.ts";
import { providerFrom } from "./compatible.ts";
import { builtInProviders } from "./table.ts";

function kiro(facts: LoginFacts = {}, more: Partial<ProviderConfig> = {}) {
  const row = builtInProviders["kiro"];
  const made = row === undefined ? null : providerFrom("kiro", { ...row, ...more });
  if (made === null) throw new Error("kiro is built in");
  return made.forLogin?.(facts) ?? made;
}

const profileArn = (region: string): string => `arn:aws:codewhisperer:${region}:123456789012:profile/FAKE`;
const hosts = (...given: Parameters<typeof kiro>): readonly string[] => kiro(...given).origins.map(({ host }) => host);
const q = "q.us-east-1.amazonaws.com";
const older = "codewhisperer.us-east-1.amazonaws.com";
const runtime = "runtime.us-east-1.kiro.dev";

describe("where Kiro is asked", () => {
  it.each<[string, LoginFacts, readonly string[]]>([
    ["a key", {}, [q, older]],
    ["a social login", { authMethod: "social" }, [q, older, runtime]],
    ["a Builder ID", { authMethod: "IdC", identity: "BuilderId", region: "eu-west-1" }, [q, older, runtime]],
    ["Identity Center", { authMethod: "IdC", identity: "Enterprise" }, [q, older]],
    ["a company's own", { authMethod: "external_idp" }, [q, older]],
    [
      "a profile elsewhere",
      { authMethod: "IdC", profileArn: profileArn("eu-central-1") },
      ["q.eu-central-1.amazonaws.com"],
    ],
    ["a profile that is none", { profileArn: "arn:aws:x:evil.example/:1:y" }, [q, older]],
  ])("%s", (_, facts, wanted) => {
    expect(hosts(facts)).toEqual(wanted);
  });

  it("is the user's own endpoint alone, where there is one", () => {
    const facts = { authMethod: "social", profileArn: profileArn("eu-central-1") };
    expect(hosts(facts, { endpoint: "http://127.0.0.1:9/base" })).toEqual(["127.0.0.1"]);
    const own = kiro(facts, { endpoint: "http://127.0.0.1:9/base" });
    expect(own.target("/generateAssistantResponse")).toBe("/base/generateAssistantResponse");
    expect(own.originHeaders?.(own.origin, "/generateAssistantResponse", 0)).toEqual([]);
    expect(hosts(facts, { moreEndpoints: ["https://runtime.us-east-1.kiro.dev"] })).toEqual([q, runtime]);
  });

  it.each([
    [0, "/generateAssistantResponse", "/generateAssistantResponse", "application/json", null],
    [0, "/", "/", "application/x-amz-json-1.0", "AmazonCodeWhispererStreamingService.GenerateAssistantResponse"],
    [
      1,
      "/generateAssistantResponse",
      "/generateAssistantResponse",
      "application/json",
      "AmazonCodeWhispererStreamingService.GenerateAssistantResponse",
    ],
    [
      2,
      "/generateAssistantResponse",
      "/",
      "application/x-amz-json-1.0",
      "KiroRuntimeService.GenerateAssistantResponse",
    ],
    [2, "/", "/", "application/x-amz-json-1.0", "KiroRuntimeService.GenerateAssistantResponse"],
  ])("address %s is asked for %s in its own way", (nth, asked, path, type, target) => {
    const provider = kiro({ authMethod: "social" });
    const origin = provider.origins[nth] ?? provider.origin;
    expect(provider.target(asked, origin)).toBe(path);
    const headers = new Map(provider.originHeaders?.(origin, asked, nth));
    expect(headers.get("content-type")).toBe(type);
    expect(headers.get("x-amz-target")).toBe(target);
    expect(headers.get("amz-sdk-request")).toBe(nth === 0 ? undefined : `attempt=${nth + 1}; max=3`);
  });
});

describe("what Kiro is shown", () => {
  it.each([
    [{ kind: "key", facts: {} }, "API_KEY"],
    [{ kind: "token", facts: { authMethod: "external_idp" } }, "EXTERNAL_IDP"],
    [{ kind: "token", facts: { authMethod: "social" } }, undefined],
    [{ kind: "token", facts: { authMethod: "IdC" } }, undefined],
  ] as const)("%j: TokenType %s", (credential, type) => {
    const headers = new Map(kiro().authorize({ ...credential, secret: new Secret("s") }));
    expect(headers.get("authorization")).toBe("Bearer s");
    expect(headers.get("tokentype")).toBe(type);
  });

  it("is the login's own profile, never the one that a client had for its own token", () => {
    const arn = profileArn("us-east-1");
    expect(kiro({ profileArn: arn }).ownFields).toEqual({ profileArn: arn });
    expect(kiro({ profileArn: arn }).writeOptions("m").profileArn).toBe(arn);
    const body = { conversationState: {}, profileArn: "theirs" };
    expect(kiro().amendBody?.(body)).toEqual({ conversationState: {} });
    const without = { conversationState: {} };
    expect(kiro().amendBody?.(without)).toBe(without);
  });
});

it.each<[number, object, boolean]>([
  [401, { message: "x" }, true],
  [403, { message: "The bearer token included in the request is invalid.", reason: null }, true],
  [403, { message: "locked", reason: "TEMPORARILY_SUSPENDED" }, false],
  [404, {}, true],
  [400, { message: "profileArn is required for this request." }, true],
  [400, { message: "Invalid ARN abc" }, true],
  [400, { message: "Improperly formed request." }, false],
  [429, { message: "x" }, false],
  [500, { message: "x" }, false],
])("%s %j: another address is asked: %s", (status, body, expected) => {
  expect(kiro().goesElsewhere?.(status, Buffer.from(JSON.stringify(body)))).toBe(expected);
});
