"""An installation as lines of JSON, for people and other programs: written, and read into another one."""
