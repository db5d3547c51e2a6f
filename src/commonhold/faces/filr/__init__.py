"""The Filr dialect: shares of files and folders below ``/rest``, in JSON and in XML."""
