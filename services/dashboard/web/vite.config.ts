import react from '@vitejs/plugin-react';
import { defineConfig } from 'vite';

import { licences } from './licences.js';

// `npm run dev` shows the page of this folder with the data of a dashboard on port 8080.
const service = 'http://127.0.0.1:8080';

export default defineConfig({
  plugins: [react(), licences()],
  // A proxy may put the page below any path.
  base: './',
  build: { chunkSizeWarningLimit: 3000 },
  server: { proxy: { '/api': service, '/ws': { target: service, ws: true } } },
});
