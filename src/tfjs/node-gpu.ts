import { constants } from "node:os";
import { dirname, join } from "node:path";
import { EdgepropError } from "../errors.ts";

/** What of WebGPU's `navigator.gpu` is used here: tfjs does the rest. */
interface Gpu {
  requestAdapter(): Promise<GpuAdapter | null>;
}

interface GpuAdapter {
  readonly info: { readonly vendor: string; readonly description: string };
}

/** WebGPU in this process, for as long as it is held: Node does not exit while it is. */
export interface NodeGpu {
  /** What the driver calls the adapter. */
  readonly description: string;
  release(): void;
}

const noAdapter =
  "there is no WebGPU adapter here; install a GPU driver with Vulkan, or a software adapter: `apt-get install chromium` and set VK_DRIVER_FILES=/usr/lib/chromium/vk_swiftshader_icd.json";

/**
 * Puts `gpu` onto Node's navigator by means of the npm package `webgpu` (Dawn), unless something is there; the
 * navigator itself cannot be replaced. Throws `unsupported` where there is no adapter.
 */
export async function openNodeGpu(): Promise<NodeGpu> {
  const owner = globalThis.navigator as unknown as { gpu?: Gpu };
  const found = owner.gpu;
  const gpu = found ?? (await createGpu());
  const adapter = await gpu.requestAdapter();
  if (adapter === null) throw new EdgepropError("unsupported", noAdapter);
  owner.gpu = gpu;
  const { vendor, description } = adapter.info;
  return {
    description: description === "" ? vendor : description,
    release() {
      if (found === undefined) delete owner.gpu;
    },
  };
}

async function createGpu(): Promise<Gpu> {
  const { create, globals } = await import("webgpu");
  // GPUBufferUsage and its like, which tfjs takes from the global scope.
  Object.assign(globalThis, globals);
  loadVulkanBeside(process.env["VK_DRIVER_FILES"]);
  return create([]);
}

/** A flag of dlopen(3) that Node does not name: the library stays loaded when its handle is closed. */
const RTLD_NODELETE = 0x1000;

/**
 * Dawn asks for libvulkan.so.1 by its bare name. Debian's chromium brings one beside its driver, where the system
 * does not look for it; once it is loaded, the name is found. Node takes it for an addon and says that it is none.
 */
function loadVulkanBeside(driverFiles: string | undefined): void {
  if (driverFiles === undefined || process.platform !== "linux") return;
  const library = join(dirname(driverFiles), "libvulkan.so.1");
  try {
    process.dlopen({ exports: {} }, library, constants.dlopen.RTLD_NOW | RTLD_NODELETE);
  } catch {
    // Loaded, and no addon; or not there: then the system has its own, or there is no adapter.
  }
}
