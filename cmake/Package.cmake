# What is installed, and the Debian packages made of it: `cpack` in the build folder. The package ptero has all
# but ptero-ddip, which brings LibTorch and its 287 libraries and is a package of its own where it was built.
include(GNUInstallDirs)
set(CMAKE_INSTALL_DEFAULT_COMPONENT_NAME ptero)
foreach(program ptero ptero-ingest ptero-classifier ptero-reconstructor ptero-dashboard)
  if(TARGET ${program})
    install(TARGETS ${program} RUNTIME DESTINATION bin COMPONENT ptero)
  endif()
endforeach()
# The dashboard looks for its page there. Where npm was not, there is none.
install(DIRECTORY "${CMAKE_RUNTIME_OUTPUT_DIRECTORY}/dashboard" DESTINATION share/ptero COMPONENT ptero OPTIONAL)
install(FILES "${CMAKE_RUNTIME_OUTPUT_DIRECTORY}/dashboard/licences.txt" DESTINATION share/doc/ptero
        RENAME page-licences.txt COMPONENT ptero OPTIONAL)
install(FILES configs/system.toml DESTINATION /etc/ptero RENAME ptero.toml COMPONENT ptero)
install(FILES deploy/systemd/ptero@.service deploy/systemd/ptero.target DESTINATION lib/systemd/system COMPONENT ptero)
install(FILES deploy/systemd/ptero.sysusers DESTINATION lib/sysusers.d RENAME ptero.conf COMPONENT ptero)
install(DIRECTORY tools/python/ptero_client DESTINATION lib/python3/dist-packages COMPONENT ptero
        PATTERN __pycache__ EXCLUDE)
install(DIRECTORY configs deploy/prometheus deploy/grafana deploy/proxy tools/examples
        DESTINATION share/ptero COMPONENT ptero PATTERN __pycache__ EXCLUDE)
install(FILES deploy/systemd/gpu.conf DESTINATION share/ptero/systemd COMPONENT ptero)
# In folders as here, so that the pages find each other.
install(FILES README.md DESTINATION share/doc/ptero COMPONENT ptero)
install(FILES LICENSE DESTINATION share/doc/ptero RENAME copyright COMPONENT ptero)
install(FILES deploy/README.md DESTINATION share/doc/ptero/deploy COMPONENT ptero)
install(DIRECTORY doc proto DESTINATION share/doc/ptero COMPONENT ptero
        FILES_MATCHING PATTERN "*.md" PATTERN "*.png" PATTERN golden EXCLUDE)

set(components ptero)
if(TARGET ptero-ddip)
  install(TARGETS ptero-ddip RUNTIME DESTINATION bin COMPONENT ddip)
  install(FILES deploy/systemd/ddip.conf DESTINATION lib/systemd/system/ptero@ddip.service.d COMPONENT ddip)
  install(FILES LICENSE DESTINATION share/doc/ptero-ddip RENAME copyright COMPONENT ddip)
  list(APPEND components ddip)
endif()

set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_NAME ptero)
set(CPACK_PACKAGE_CONTACT "ptero developers <ptero@localhost>")
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "streaming real-time service for X-ray ptychography")
set(CPACK_PACKAGE_VERSION ${PROJECT_VERSION})
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_STRIP_FILES ON)
set(CPACK_COMPONENTS_ALL ${components})
set(CPACK_COMPONENTS_GROUPING IGNORE)
set(CPACK_DEB_COMPONENT_INSTALL ON)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_SECTION science)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_PACKAGE_CONTROL_STRICT_PERMISSION ON)
set(scripts "${PROJECT_SOURCE_DIR}/deploy/debian")

set(CPACK_DEBIAN_PTERO_DESCRIPTION "streaming real-time service for X-ray ptychography
Takes detector frames off the wire, decides which of them matter, and
reconstructs those while the scan is running. With a page to watch it.")
set(CPACK_DEBIAN_PTERO_PACKAGE_NAME ptero)
set(CPACK_DEBIAN_PTERO_PACKAGE_DEPENDS "fonts-dejavu-core, systemd | systemd-standalone-sysusers")
set(CPACK_DEBIAN_PTERO_PACKAGE_RECOMMENDS "python3-zmq, python3-msgpack")
set(CPACK_DEBIAN_PTERO_PACKAGE_SUGGESTS "prometheus, ptero-ddip")
set(CPACK_DEBIAN_PTERO_PACKAGE_CONTROL_EXTRA
    "${scripts}/ptero/postinst;${scripts}/ptero/prerm;${scripts}/ptero/postrm;${scripts}/ptero/conffiles")

set(CPACK_DEBIAN_DDIP_DESCRIPTION "separates the slices of multislice reconstructions
Removes what each slice shows of the others, in the background, by fitting
networks to them: a service of ptero that needs LibTorch.")
set(CPACK_DEBIAN_DDIP_PACKAGE_NAME ptero-ddip)
set(CPACK_DEBIAN_DDIP_PACKAGE_DEPENDS "ptero (= ${PROJECT_VERSION})")
set(CPACK_DEBIAN_DDIP_PACKAGE_CONTROL_EXTRA "${scripts}/ddip/postinst;${scripts}/ddip/prerm;${scripts}/ddip/postrm")
include(CPack)
