/** docs/clients.md says what the last run of the real clients has shown, of every client and in today's versions. */
import { describe, expect, it } from "vitest";
import { clientPackages } from "../support/client-list.ts";
import { readPage, readResults, withTable } from "../support/client-results.ts";
import { scenarios } from "../support/client-scenarios.ts";

const page = readPage();
const rows = page.split("\n").filter((line) => line.startsWith("| "));

describe("the page of clients", () => {
  it.each(Object.values(clientPackages))("has $title $version, and a section on it", ({ title, version }) => {
    expect(rows.filter((row) => row.startsWith(`| ${title} | ${version} |`))).not.toEqual([]);
    expect(page).toContain(`\n## ${title}\n`);
  });

  it.each(scenarios)("has $client started with $how, and all of it went well", ({ client, how }) => {
    const { title, version } = clientPackages[client];
    const row = rows.find((one) => one.startsWith(`| ${title} | ${version} | ${how} |`));
    expect(row).toMatch(/\| ✓ \| ✓ \|/);
    expect(row).not.toContain("**no**");
  });

  it("is as the run wrote it", () => {
    expect(withTable(page, readResults())).toBe(page);
  });
});
