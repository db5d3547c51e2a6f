"""Pieces of uploads in a folder and in memory."""

from pathlib import Path

import pytest

from commonhold.blobs.memory import MemoryStaging
from commonhold.blobs.staging import FolderStaging
from commonhold.core.problems import Problem
from commonhold.testing.staging_contract import StagingContract


class TestFolderStaging(StagingContract):
    """Pieces as files."""

    @pytest.fixture
    def staging(self, tmp_path: Path) -> FolderStaging:
        """A folder that is not there yet."""
        return FolderStaging(tmp_path / "staging")

    @pytest.mark.parametrize("uid", ["", "..", "../x", "a" * 36, "00000000-0000-4000-8000-00000000000G"])
    async def test_no_paths(self, tmp_path: Path, uid: str) -> None:
        """What is no uid of an upload names no file."""
        with pytest.raises(Problem, match="not_found"):
            async with FolderStaging(tmp_path / "staging").hold(uid):
                pass
        assert not list(tmp_path.iterdir())  # noqa: ASYNC240

    async def test_two_processes(self, tmp_path: Path) -> None:
        """The lock is of the file: it holds for whoever opens the same folder."""
        uid = "00000000-0000-4000-8000-000000000001"
        async with FolderStaging(tmp_path).hold(uid):
            with pytest.raises(Problem, match="upload_busy"):
                async with FolderStaging(tmp_path).hold(uid):
                    pass

    async def test_files_are_for_their_owner_alone(self, tmp_path: Path) -> None:
        """Folder and files are closed to other users of the machine."""
        async with FolderStaging(tmp_path / "staging").hold("00000000-0000-4000-8000-000000000001"):
            pass
        modes = [path.stat().st_mode & 0o777 for path in sorted(tmp_path.glob("**/*"))]  # noqa: ASYNC240
        assert modes == [0o700, 0o600]


class TestMemoryStaging(StagingContract):
    """Pieces in this process."""

    @pytest.fixture
    def staging(self) -> MemoryStaging:
        """Nothing yet."""
        return MemoryStaging()
