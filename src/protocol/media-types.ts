export const safetensorsType = "application/vnd.safetensors";
