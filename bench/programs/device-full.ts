/** What a device runs that uses everything that the core exports. */
export * as everything from "edgeprop";
