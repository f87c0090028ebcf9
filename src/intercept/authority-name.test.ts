import { expect, it } from "vitest";
import { namesHost } from "./authority-name.ts";

it.each([
  "api.anthropic.com",
  "API.anthropic.com",
  "api.anthropic.com:443",
  "api.anthropic.com.",
  "api.anthropic.com.:443",
])("%s names api.anthropic.com", (authority) => {
  expect(namesHost(authority, "api.anthropic.com")).toBe(true);
});

it.each([
  "anthropic.com",
  "xapi.anthropic.com",
  "api.anthropic.com.evil.example",
  "api.anthropic.com@evil.example",
  "",
])("%j does not", (authority) => {
  expect(namesHost(authority, "api.anthropic.com")).toBe(false);
});

it("reads addresses in brackets", () => {
  expect(namesHost("[::1]:8443", "::1")).toBe(true);
});
