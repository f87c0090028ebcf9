/** What a thief with the signing key would make first. Of the project's own making. */
import { forge, usage, type Forged, type Issuer, type Wish } from "./forge.ts";

export interface Forgery {
  readonly what: string;
  /** What a client asks for when it is shown this. */
  readonly asked: string;
  readonly forged: Forged;
}

/** A host that every authority of ours may speak for. */
const inside = "api.anthropic.com";

/** `asked` and `names` are one name unless said otherwise. */
const wishes: readonly (readonly [what: string, asked: string, wish: Wish])[] = [
  ...[
    "bank.example",
    "www.bank.example",
    "a.very.deep.name.below.bank.example",
    "com",
    "github.com",
    "accounts.google.com",
    "login.microsoftonline.com",
    "registry.npmjs.org",
    "s3.amazonaws.com",
    "sts.amazonaws.com",
    "xn--bnk-zna.example",
  ].map((name) => ["a foreign name", name, { names: [name] }] as const),
  ...[
    "xapi.anthropic.com",
    "evilanthropic.com",
    "api.anthropic.com.bank.example",
    "api-anthropic.com",
    "anthropic.com.evil.example",
    "api.anthropic.co",
    "xn--pi-6kc.anthropic.com",
  ].map((name) => ["a name that looks like one of ours", name, { names: [name] }] as const),
  ["our name and a foreign one, asked for the foreign one", "bank.example", { names: [inside, "bank.example"] }],
  ["our name and a foreign one, asked for ours", inside, { names: [inside, "bank.example"] }],
  ["fifty of ours and a foreign one", "bank.example", { names: [...belowUs(50), "bank.example"] }],
  ["a wildcard over a foreign domain", "www.bank.example", { names: ["*.bank.example"] }],
  ["a wildcard over a top-level domain", "bank.com", { names: ["*.com"] }],
  ["a wildcard over a country's companies", "bank.co.uk", { names: ["*.co.uk"] }],
  ["a wildcard above our name", "console.anthropic.com", { names: ["*.anthropic.com"] }],
  ["a wildcard over everything", "bank.example", { names: ["*", "bank.example"] }],
  ["a foreign name in capitals", "bank.example", { names: ["BANK.EXAMPLE"] }],
  ["a foreign name with a final dot", "bank.example", { names: ["bank.example."] }],
  ["a foreign name behind our name and a NUL", inside, { names: [`${inside}\0.bank.example`, "bank.example"] }],
  ["a leading dot", "www.bank.example", { names: [".bank.example", "www.bank.example"] }],
  ["an IPv4 address", "127.0.0.1", { names: ["127.0.0.1"] }],
  ["a public IPv4 address", "8.8.8.8", { names: ["8.8.8.8"] }],
  ["the metadata address", "169.254.169.254", { names: ["169.254.169.254"] }],
  ["an IPv6 address", "::1", { names: ["::1"] }],
  ["a public IPv6 address", "2606:4700::1111", { names: ["2606:4700::1111"] }],
  ["our name and an IPv4 address", inside, { names: [inside, "127.0.0.1"] }],
  ["our name and an IPv6 address", inside, { names: [inside, "2606:4700::1111"] }],
  ["a common name and no alternative names", "bank.example", { names: [], commonName: "bank.example" }],
  ["a URI alone", "bank.example", { names: ["uri:https://bank.example/"], commonName: "bank.example" }],
  ["a mail address, for S/MIME", inside, { names: ["mail:boss@bank.example"], usages: [usage.email] }],
  ["our name, for S/MIME", inside, { names: [inside], usages: [usage.email] }],
  ["our name, for signing programs", inside, { names: [inside], usages: [usage.codeSigning] }],
  ["our name, for stamping times", inside, { names: [inside], usages: [usage.timestamp] }],
  ["our name, for answering about revocations", inside, { names: [inside], usages: [usage.ocsp] }],
  ["our name, for clients", inside, { names: [inside], usages: [usage.client] }],
  ["a foreign name, for everything", "bank.example", { names: ["bank.example"], usages: [usage.any] }],
  ["a foreign name, for nothing in particular", "bank.example", { names: ["bank.example"], usages: [] }],
  [
    "a foreign name, server and client",
    "bank.example",
    { names: ["bank.example"], usages: [usage.server, usage.client] },
  ],
];

function belowUs(count: number): readonly string[] {
  return Array.from({ length: count }, (_, index) => `h${index}.${inside}`);
}

export function forgeries(issuer: Issuer): readonly Forgery[] {
  const below = forge(issuer, { names: [], commonName: "a second authority", isAuthority: true });
  return [
    ...wishes.map(([what, asked, wish]) => ({ what: `${what} (${asked})`, asked, forged: forge(issuer, wish) })),
    ...[inside, "bank.example"].map((asked) => ({
      what: `an authority of the thief's own, and ${asked} under it`,
      asked,
      forged: forge(below, { names: [asked] }),
    })),
  ];
}

/** What our own clients must go on accepting. */
export function honest(issuer: Issuer): readonly Forgery[] {
  return [inside, `v2.${inside}`, `deep.below.${inside}`].map((asked) => ({
    what: `our own ${asked}`,
    asked,
    forged: forge(issuer, { names: [asked], commonName: asked }),
  }));
}
