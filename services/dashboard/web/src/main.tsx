import { createRoot } from 'react-dom/client';
import { App } from './app';
import './style.css';
import './panels.css';
import './tables.css';
import './heat.css';
import './controls.css';
import './layout.css';

createRoot(document.getElementById('root')!).render(<App />);
