/**
 * The part of node-forge we use, by its own file: importing the whole package took 36–77 ms at start, this file 6–9 ms
 * (measured 2026-11 on two cores, Node 20.20). `@types/node-forge` has no types for single files. Bytes are
 * "binary" strings, one character per byte.
 */
declare module "node-forge/lib/asn1.js" {
  export interface Asn1 {
    readonly tagClass: number;
    readonly type: number;
    readonly constructed: boolean;
    readonly value: string | Asn1[];
  }

  interface Bytes {
    getBytes(): string;
  }

  const asn1: {
    readonly Class: { readonly UNIVERSAL: number; readonly CONTEXT_SPECIFIC: number };
    readonly Type: {
      readonly BOOLEAN: number;
      readonly INTEGER: number;
      readonly BITSTRING: number;
      readonly OCTETSTRING: number;
      readonly OID: number;
      readonly UTF8: number;
      readonly SEQUENCE: number;
      readonly SET: number;
      readonly UTCTIME: number;
      readonly GENERALIZEDTIME: number;
    };
    create(tagClass: number, type: number, constructed: boolean, value: string | readonly Asn1[]): Asn1;
    fromDer(
      bytes: string,
      options: { readonly strict: true; readonly parseAllBytes: true; readonly decodeBitStrings: false },
    ): Asn1;
    toDer(node: Asn1): Bytes;
    oidToDer(oid: string): Bytes;
    derToOid(bytes: string): string;
    dateToUtcTime(date: Date): string;
    dateToGeneralizedTime(date: Date): string;
  };
  export default asn1;
}
