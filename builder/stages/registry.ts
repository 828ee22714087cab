import { templateImageStage } from '../outputs/template-image.ts';
import { debianRootfsStage } from './debian/rootfs.ts';
import { toolboxStage } from './toolbox.ts';

/** Every stage, outputs included. A new stage is one file and one line here. */
export const STAGES = [toolboxStage, debianRootfsStage, templateImageStage] as const;
